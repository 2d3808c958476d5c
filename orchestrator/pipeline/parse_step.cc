#include "orchestrator/pipeline/parse_step.h"

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "orchestrator/pipeline/parse_values.h"
#include "services/common/base/status_macros.h"
#include "services/common/contract/proto_time.h"

namespace stagecoach {
namespace {

constexpr int kMaxAttempts = 100;
// What an unset field of RetryPolicy stands for, see pipeline.proto.
constexpr absl::Duration kDefaultBackoff = absl::Seconds(1);
constexpr absl::Duration kDefaultMaxBackoff = absl::Seconds(60);

void ReadAttempts(YamlMap& map, v1::RetryPolicy& retry) {
  int64_t attempts = 0;
  if (!map.Integer("maxAttempts", attempts)) return;
  if (attempts >= 1 && attempts <= kMaxAttempts) {
    retry.set_max_attempts(static_cast<int32_t>(attempts));
    return;
  }
  map.AddProblem("maxAttempts", absl::StrCat("must be from 1 to ", kMaxAttempts,
                                             ", not ", attempts));
}

// A duration for messages; `set`: whether it is not the default.
std::string Described(absl::Duration duration, bool set) {
  return absl::StrCat(absl::FormatDuration(duration), set ? "" : " unless set");
}

void ReadBackoff(YamlMap& map, v1::RetryPolicy& retry) {
  absl::Duration backoff = kDefaultBackoff;
  absl::Duration max_backoff = kDefaultMaxBackoff;
  const bool backoff_set = map.Duration("backoff", backoff);
  const bool max_backoff_set = map.Duration("maxBackoff", max_backoff);
  if (backoff < absl::ZeroDuration()) {
    map.AddProblem("backoff", absl::StrCat("must be 0s or longer, not ",
                                           absl::FormatDuration(backoff)));
    return;
  }
  if (max_backoff < backoff) {
    map.AddProblem("maxBackoff",
                   absl::StrCat("is ", Described(max_backoff, max_backoff_set),
                                ", shorter than backoff, which is ",
                                Described(backoff, backoff_set)));
    return;
  }
  if (backoff_set) *retry.mutable_backoff() = ToProtoDuration(backoff);
  if (max_backoff_set) {
    *retry.mutable_max_backoff() = ToProtoDuration(max_backoff);
  }
}

void ReadRetry(YamlMap map, v1::RetryPolicy& retry) {
  map.CheckKeys({"maxAttempts", "backoff", "maxBackoff"});
  ReadAttempts(map, retry);
  ReadBackoff(map, retry);
}

// `true`, `false`, or a map.
void ReadCache(YamlMap& item, v1::PipelineStep& step) {
  const YamlNode* node = item.Get("cache");
  if (node == nullptr) return;
  v1::CachePolicy& cache = *step.mutable_cache();
  bool enabled = true;
  if (node->kind == YamlNode::Kind::kScalar) {
    item.Boolean("cache", enabled);
    cache.set_enabled(enabled);
    return;
  }
  YamlMap map = item.Child("cache", *node);
  map.CheckKeys({"enabled", "maxAge"});
  map.Boolean("enabled", enabled);
  cache.set_enabled(enabled);
  absl::Duration max_age;
  if (map.PositiveDuration("maxAge", max_age)) {
    *cache.mutable_max_age() = ToProtoDuration(max_age);
  }
}

void ReadBindings(YamlMap& item, v1::PipelineStep& step) {
  item.Fields("parameters", [&step](const YamlField& field) -> absl::Status {
    SC_ASSIGN_OR_RETURN((*step.mutable_parameters())[field.key],
                        ParseParameterBinding(field.value));
    return absl::OkStatus();
  });
  item.Fields("inputs", [&step](const YamlField& field) -> absl::Status {
    SC_ASSIGN_OR_RETURN((*step.mutable_inputs())[field.key],
                        ParseInputBinding(field.value));
    return absl::OkStatus();
  });
}

}  // namespace

v1::PipelineStep ReadPipelineStep(YamlMap& item) {
  item.CheckKeys({"name", "stage", "parameters", "inputs", "timeout",
                  "queueTimeout", "totalTimeout", "retry", "cache"});
  v1::PipelineStep step;
  item.Text("name", *step.mutable_name());
  item.RequiredText("stage", *step.mutable_stage());
  ReadBindings(item, step);
  absl::Duration duration;
  if (item.PositiveDuration("timeout", duration)) {
    *step.mutable_timeout() = ToProtoDuration(duration);
  }
  if (item.PositiveDuration("queueTimeout", duration)) {
    *step.mutable_queue_timeout() = ToProtoDuration(duration);
  }
  if (item.PositiveDuration("totalTimeout", duration)) {
    *step.mutable_total_timeout() = ToProtoDuration(duration);
  }
  ReadCache(item, step);
  if (const YamlNode* retry = item.Get("retry")) {
    ReadRetry(item.Child("retry", *retry), *step.mutable_retry());
  }
  return step;
}

}  // namespace stagecoach
