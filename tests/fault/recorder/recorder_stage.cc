#include "tests/fault/recorder/recorder_stage.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "services/common/base/status_macros.h"
#include "services/common/contract/execution_id.h"
#include "services/common/stagekit/stage_builder.h"
#include "tests/fault/recorder/journal.h"
#include "tests/noop/noop_stage.h"

namespace stagecoach {
namespace {

absl::StatusOr<std::string> Content(ExecutionContext& context,
                                    absl::string_view input) {
  if (!context.HasInput(input)) return "";
  SC_ASSIGN_OR_RETURN(const ArtifactReader reader, context.OpenInput(input));
  return std::string(reader.bytes());
}

}  // namespace

v1::StageDescription RecorderStage::Describe() const {
  return StageBuilder("recorder", "1.0.0", "Writes down what it executes.")
      .Parameter(String("word", "what it writes"))
      .Parameter(Number("sleep", "how long it takes, in seconds")
                     .Default(0)
                     .Minimum(0)
                     .Maximum(3600))
      .Parameter(Integer("fail_attempts", "how many attempts fail")
                     .Default(0)
                     .Minimum(0))
      .OptionalInput("first", v1::ARTIFACT_TYPE_TEXT, "any text")
      .OptionalInput("second", v1::ARTIFACT_TYPE_TEXT, "any text")
      .Output("text", v1::ARTIFACT_TYPE_TEXT, "the word around the inputs")
      .Build();
}

absl::Status RecorderStage::Run(ExecutionContext& context) {
  RecordBegin(context.execution_id());
  SC_ASSIGN_OR_RETURN(const std::string first, Content(context, "first"));
  SC_ASSIGN_OR_RETURN(const std::string second, Content(context, "second"));
  SC_RETURN_IF_ERROR(Sleep(absl::Seconds(context.Number("sleep")), context));
  SC_ASSIGN_OR_RETURN(const ExecutionId id,
                      ParseExecutionId(context.execution_id()));
  if (id.attempt <= context.Integer("fail_attempts")) {
    return absl::DeadlineExceededError("one of the attempts that fail");
  }
  return context.WriteOutput("text", absl::StrCat(context.String("word"), "(",
                                                  first, ",", second, ")"));
}

}  // namespace stagecoach
