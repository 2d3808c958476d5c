#include "services/common/stagekit/conformance.h"

#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/common/base/retry_hint.h"
#include "services/common/base/sha256.h"
#include "services/common/base/status_macros.h"
#include "services/common/contract/description.h"
#include "services/common/contract/parameter_value.h"
#include "services/common/stagekit/conformance_session.h"

namespace stagecoach {
namespace {

using Session = ConformanceSession;

constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;

// From one Cancel to the next, while a call has not ended.
constexpr absl::Duration kCancelInterval = absl::Milliseconds(10);

absl::Status Broken(const std::string& message) {
  return absl::FailedPreconditionError(message);
}

// OK if `end` has `code`.
absl::Status Expect(absl::StatusCode code, const absl::Status& end,
                    absl::string_view what) {
  if (end.code() == code) return absl::OkStatus();
  return Broken(absl::StrCat(what, " ends as ", end.ToString(),
                             "; it should end as ",
                             absl::StatusCodeToString(code)));
}

absl::Status DescribesItself(Session& session) {
  SC_ASSIGN_OR_RETURN(const v1::StageDescription first, session.Describe());
  SC_RETURN_IF_ERROR(ValidateDescription(first));
  if (first.slots() < 1) return Broken("slots is less than 1");
  if (first.build_id().empty()) return Broken("build_id is empty");
  SC_ASSIGN_OR_RETURN(const v1::StageDescription second, session.Describe());
  if (first.SerializeAsString() == second.SerializeAsString()) {
    return absl::OkStatus();
  }
  return Broken("two calls of Describe get different answers");
}

absl::Status ServesHealth(Session& session) { return session.CheckHealth(); }

absl::Status RefusesAnUnknownParameter(Session& session) {
  v1::ExecuteRequest request = session.NewRequest();
  (*request.mutable_parameters())["no_such_parameter"] = IntegerValue(1);
  const absl::Status end = session.Execute(request).status();
  SC_RETURN_IF_ERROR(Expect(kInvalid, end, "an unknown parameter"));
  if (absl::StrContains(end.message(), "no_such_parameter")) {
    return absl::OkStatus();
  }
  return Broken(
      absl::StrCat("the message does not name the parameter: ", end.message()));
}

absl::Status RefusesAnUnknownInput(Session& session) {
  v1::ExecuteRequest request = session.NewRequest();
  v1::Artifact& artifact = (*request.mutable_inputs())["no_such_input"];
  artifact.set_uri(request.output_prefix());
  artifact.set_type(v1::ARTIFACT_TYPE_TEXT);
  return Expect(kInvalid, session.Execute(request).status(),
                "an unknown input");
}

absl::Status RefusesAMalformedId(Session& session) {
  for (const char* id : {"", "run", "run/step", "run/step/0", "../step/1"}) {
    v1::ExecuteRequest request = session.NewRequest();
    request.set_execution_id(id);
    SC_RETURN_IF_ERROR(Expect(kInvalid, session.Execute(request).status(),
                              absl::StrCat("execution_id '", id, "'")));
  }
  return Expect(kInvalid, session.Cancel("run", 0), "Cancel of 'run'");
}

absl::Status RefusesToLeaveTheVolume(Session& session) {
  for (const char* uri : {"", "/etc/passwd", "pvc://artifacts/../out",
                          "pvc://no-such-volume/out"}) {
    v1::ExecuteRequest request = session.NewRequest();
    request.set_output_prefix(uri);
    SC_RETURN_IF_ERROR(Expect(kInvalid, session.Execute(request).status(),
                              absl::StrCat("output_prefix '", uri, "'")));
  }
  return absl::OkStatus();
}

absl::Status CheckOutput(const v1::StageDescription& description,
                         const std::string& prefix,
                         const v1::Artifact& output) {
  const v1::OutputSpec* spec = FindOutput(description, output.name());
  if (spec == nullptr) return Broken("it was not declared");
  if (output.type() != spec->type()) return Broken("its type is another one");
  if (!absl::StartsWith(output.uri(), prefix + "/")) {
    return Broken(absl::StrCat("its uri, ", output.uri(),
                               ", is not below output_prefix"));
  }
  if (!IsSha256Hex(output.sha256())) return Broken("it has no sha256");
  if (output.size_bytes() < 0) return Broken("its size is negative");
  return absl::OkStatus();
}

absl::Status CheckResult(const v1::StageDescription& description,
                         const std::string& prefix,
                         const v1::ExecutionResult& result) {
  for (const v1::Artifact& output : result.outputs()) {
    SC_RETURN_IF_ERROR(CheckOutput(description, prefix, output), "output '",
                       output.name(), "'");
  }
  for (const v1::OutputSpec& spec : description.outputs()) {
    bool found = spec.optional();
    for (const v1::Artifact& output : result.outputs()) {
      found = found || output.name() == spec.name();
    }
    if (!found) return Broken(absl::StrCat("output '", spec.name(), "' lacks"));
  }
  if (result.build_id() != description.build_id()) {
    return Broken("build_id of the result differs from the description's");
  }
  return absl::OkStatus();
}

absl::Status SameOutputs(const v1::ExecutionResult& a,
                         const v1::ExecutionResult& b) {
  bool same = a.outputs_size() == b.outputs_size();
  for (int i = 0; same && i < a.outputs_size(); ++i) {
    same = a.outputs(i).uri() == b.outputs(i).uri() &&
           a.outputs(i).sha256() == b.outputs(i).sha256();
  }
  return same ? absl::OkStatus() : Broken("two calls get different outputs");
}

absl::Status ExecutesAndReplays(Session& session) {
  const v1::ExecuteRequest request = session.NewRequest();
  SC_ASSIGN_OR_RETURN(const v1::ExecutionResult first, session.Execute(request),
                      "execute the example");
  SC_RETURN_IF_ERROR(
      CheckResult(session.description(), request.output_prefix(), first));
  SC_ASSIGN_OR_RETURN(const v1::ExecutionResult second,
                      session.Execute(request), "the same call again");
  return SameOutputs(first, second);
}

absl::Status JoinsASecondCall(Session& session) {
  const v1::ExecuteRequest request = session.NewRequest();
  const auto first = session.Begin(request);
  const auto second = session.Begin(request);
  SC_ASSIGN_OR_RETURN(const v1::ExecutionResult first_result, first->Finish(),
                      "the first of two calls at once");
  SC_ASSIGN_OR_RETURN(const v1::ExecutionResult second_result, second->Finish(),
                      "the second of two calls at once");
  return SameOutputs(first_result, second_result);
}

absl::Status FencesOldLeases(Session& session) {
  constexpr absl::StatusCode kAborted = absl::StatusCode::kAborted;
  v1::ExecuteRequest request = session.NewRequest();
  request.set_lease_epoch(5);
  SC_RETURN_IF_ERROR(session.Execute(request).status(), "epoch 5");
  request.set_lease_epoch(4);
  SC_RETURN_IF_ERROR(Expect(kAborted, session.Execute(request).status(),
                            "Execute with epoch 4 after 5"));
  SC_RETURN_IF_ERROR(Expect(kAborted, session.Cancel(request.execution_id(), 4),
                            "Cancel with epoch 4 after 5"));
  request.set_lease_epoch(6);
  return WithContext(session.Execute(request).status(), "epoch 6");
}

// Cancels until the call ends: a Cancel that comes before the execution has
// begun is OK and does nothing.
absl::Status CancelUntilItEnds(Session& session, const std::string& id,
                               const ConformanceCall& call) {
  do {
    SC_RETURN_IF_ERROR(session.Cancel(id, 0), "Cancel");
  } while (!call.EndedWithin(kCancelInterval));
  return absl::OkStatus();
}

absl::Status CancelsWork(Session& session) {
  SC_RETURN_IF_ERROR(session.Cancel("never-seen/step/1", 0),
                     "Cancel of what was never seen");
  const v1::ExecuteRequest request = session.NewLongRequest();
  const auto call = session.Begin(request);
  SC_RETURN_IF_ERROR(CancelUntilItEnds(session, request.execution_id(), *call));
  const absl::Status end = call->Finish().status();
  if (end.ok() && !session.has_long_example()) return absl::OkStatus();
  SC_RETURN_IF_ERROR(
      Expect(absl::StatusCode::kCancelled, end, "a cancelled execution"));
  return WithContext(session.Cancel(request.execution_id(), 0),
                     "Cancel of what has ended");
}

// A refused call says when to come back; one that found a slot ended well, or
// as CANCELLED if this check had to end it.
absl::Status CheckRefusal(const absl::Status& end, bool cancelled,
                          int& refused) {
  if (end.ok() || (cancelled && absl::IsCancelled(end))) {
    return absl::OkStatus();
  }
  SC_RETURN_IF_ERROR(Expect(absl::StatusCode::kResourceExhausted, end,
                            "a call beyond the slots"));
  if (!RetryHint(end).has_value()) {
    return Broken("a refused call has no stagecoach-retry-after-ms");
  }
  ++refused;
  return absl::OkStatus();
}

absl::Status RefusesWorkBeyondItsSlots(Session& session) {
  const bool lasting = session.has_long_example();
  std::vector<std::string> ids;
  std::vector<std::unique_ptr<ConformanceCall>> calls;
  for (int i = 0; i <= session.description().slots(); ++i) {
    const v1::ExecuteRequest request = session.NewLongRequest();
    ids.push_back(request.execution_id());
    calls.push_back(session.Begin(request));
  }
  int refused = 0;
  const auto count_ended = [&] {
    int ended = 0;
    for (const auto& call : calls) ended += call->EndedWithin(kCancelInterval);
    return ended;
  };
  while (lasting && count_ended() == 0) {
  }
  for (size_t i = 0; i < calls.size(); ++i) {
    if (lasting) {
      SC_RETURN_IF_ERROR(CancelUntilItEnds(session, ids[i], *calls[i]));
    }
    SC_RETURN_IF_ERROR(
        CheckRefusal(calls[i]->Finish().status(), lasting, refused));
  }
  if (lasting && refused != 1) {
    return Broken(absl::StrCat(refused, " of ", calls.size(),
                               " calls were refused; one has no slot"));
  }
  return absl::OkStatus();
}

struct Promise {
  const char* text;
  absl::Status (*check)(Session&);
};

constexpr Promise kPromises[] = {
    {"describes itself, the same each time", DescribesItself},
    {"serves grpc.health.v1", ServesHealth},
    {"refuses an unknown parameter and names it", RefusesAnUnknownParameter},
    {"refuses an unknown input", RefusesAnUnknownInput},
    {"refuses a malformed execution id", RefusesAMalformedId},
    {"refuses an output prefix outside its volumes", RefusesToLeaveTheVolume},
    {"executes, publishes what it declares and replays", ExecutesAndReplays},
    {"joins a second call to the execution", JoinsASecondCall},
    {"refuses an older lease epoch", FencesOldLeases},
    {"cancels, also what it has never seen", CancelsWork},
    {"refuses work beyond its slots with a hint", RefusesWorkBeyondItsSlots},
};

}  // namespace

std::vector<ConformanceCheck> CheckConformance(
    const ConformanceOptions& options) {
  Session session(options);
  std::vector<ConformanceCheck> checks;
  for (const Promise& promise : kPromises) {
    checks.push_back({promise.text, promise.check(session)});
    const bool first = checks.size() == 1;
    if (first && !checks.front().result.ok()) break;
  }
  return checks;
}

}  // namespace stagecoach
