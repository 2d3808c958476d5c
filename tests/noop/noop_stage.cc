#include "tests/noop/noop_stage.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "services/common/stagekit/stage_builder.h"

namespace stagecoach {
namespace {

// How often a sleep asks whether it is cancelled.
constexpr absl::Duration kNap = absl::Milliseconds(5);

// `name` is one of the choices of `fail_with`.
absl::StatusCode CodeNamed(const std::string& name) {
  int code = 1;
  while (absl::StatusCodeToString(absl::StatusCode(code)) != name) ++code;
  return absl::StatusCode(code);
}

}  // namespace

absl::Status Sleep(absl::Duration length, ExecutionContext& context) {
  const absl::Time start = absl::Now();
  for (;;) {
    const absl::Duration slept = absl::Now() - start;
    if (slept >= length) return absl::OkStatus();
    if (context.cancelled()) return absl::CancelledError("asleep");
    v1::Progress progress;
    progress.set_fraction(absl::FDivDuration(slept, length));
    context.ReportProgress(progress);
    absl::SleepFor(std::min(kNap, length - slept));
  }
}

v1::StageDescription NoopStage::Describe() const {
  return StageBuilder("noop", "1.0.0", "Does nothing, slowly or badly.")
      .Parameter(Number("sleep", "how long to sleep, in seconds")
                     .Default(0)
                     .Minimum(0)
                     .Maximum(3600))
      .Parameter(
          String("fail_with", "code to end with; empty: OK")
              .Default("")
              .Choices({"", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED",
                        "NOT_FOUND", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED",
                        "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE",
                        "INTERNAL", "UNAVAILABLE", "DATA_LOSS"}))
      .Build();
}

absl::Status NoopStage::Run(ExecutionContext& context) {
  const absl::Duration length = absl::Seconds(context.Number("sleep"));
  if (absl::Status slept = Sleep(length, context); !slept.ok()) return slept;
  const std::string& fail_with = context.String("fail_with");
  if (!fail_with.empty()) {
    return absl::Status(CodeNamed(fail_with),
                        absl::StrCat("fail_with is ", fail_with));
  }
  return absl::OkStatus();
}

}  // namespace stagecoach
