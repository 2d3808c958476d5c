#include "orchestrator/cache/store_result_cache.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "orchestrator/cache/cache_key.h"
#include "services/common/artifact/uri.h"
#include "services/common/base/status_macros.h"
#include "services/common/contract/proto_time.h"

namespace stagecoach {
namespace {

// Results of one key that are looked at before it is given up.
constexpr int kMaxCandidates = 4;

}  // namespace

void StoreResultCache::MakeKey(CacheQuery query, KeyCallback done) {
  const absl::Status submitted = executor_.Submit(
      [this, query = std::move(query), done] { done(KeyOf(query)); });
  if (!submitted.ok()) done(submitted);
}

absl::StatusOr<v1::CacheLookup> StoreResultCache::KeyOf(
    const CacheQuery& query) {
  SC_ASSIGN_OR_RETURN(const v1::StageDescription stage,
                      fleet_.Describe(query.stage));
  SC_ASSIGN_OR_RETURN(
      const ResolvedParameters parameters,
      ResolveParameters(stage.parameters(), query.parameters,
                        absl::StrCat("stage '", query.stage, "'")));
  InputDigests digests;
  for (const auto& [name, input] : query.inputs) {
    SC_ASSIGN_OR_RETURN(digests[name], DigestOf(input), "input '", name, "'");
  }
  return MakeCacheKey(stage, parameters, digests);
}

absl::StatusOr<std::string> StoreResultCache::DigestOf(
    const v1::Artifact& input) {
  // Outputs of steps are recorded with theirs, and readers hold them to it.
  if (!input.sha256().empty()) return input.sha256();
  SC_RETURN_IF_ERROR(CheckAnswers(input.uri()));
  SC_ASSIGN_OR_RETURN(const v1::Artifact found,
                      artifacts_.InspectWithDigest(input.uri()));
  return found.sha256();
}

absl::Status StoreResultCache::CheckAnswers(absl::string_view uri) const {
  SC_ASSIGN_OR_RETURN(const ArtifactUri parsed, ArtifactUri::Parse(uri));
  return check_volume_(parsed.volume());
}

void StoreResultCache::Find(CacheSearch search, AnswerCallback done) {
  const absl::Status submitted = executor_.Submit(
      [this, search = std::move(search), done] { done(FindNow(search)); });
  if (!submitted.ok()) done(submitted);
}

absl::StatusOr<CacheAnswer> StoreResultCache::FindNow(
    const CacheSearch& search) {
  if (coordination_ != nullptr) {
    SC_ASSIGN_OR_RETURN(
        const bool leads,
        coordination_->LeadWork(search.key, search.run_id, search.step));
    if (!leads) {
      CacheAnswer elsewhere;
      elsewhere.elsewhere = true;
      return elsewhere;
    }
  }
  SC_ASSIGN_OR_RETURN(const std::vector<CachedStep> candidates,
                      store_.FindCachedSteps(search.key, kMaxCandidates));
  CacheAnswer first;
  first.reason = "no equal step has been done";
  for (const CachedStep& cached : candidates) {
    SC_ASSIGN_OR_RETURN(CacheAnswer answer, Examine(cached, search));
    if (answer.outcome == v1::CACHE_OUTCOME_HIT) return answer;
    // The newest one is what the reader has in mind.
    if (first.outcome == v1::CACHE_OUTCOME_MISS) first = std::move(answer);
  }
  return first;
}

// HIT, or INVALID with the reason.
absl::StatusOr<CacheAnswer> StoreResultCache::Examine(
    const CachedStep& cached, const CacheSearch& search) {
  CacheAnswer answer;
  answer.outcome = v1::CACHE_OUTCOME_INVALID;
  answer.run_id = cached.run_id;
  answer.step = cached.step.name();
  answer.made = FromTimestamp(cached.step.state_time());
  if (answer.made < search.not_before) {
    answer.reason = absl::StrCat("the result is of ",
                                 absl::FormatTime(answer.made), ", too old");
    return answer;
  }
  std::vector<std::string> uris;
  for (const v1::Artifact& output : cached.step.outputs()) {
    SC_RETURN_IF_ERROR(CheckAnswers(output.uri()));
    const absl::Status verified = artifacts_.Open(output).status();
    if (absl::IsNotFound(verified) || absl::IsDataLoss(verified)) {
      answer.reason =
          absl::StrCat("output '", output.name(), "' is ",
                       absl::IsNotFound(verified) ? "gone: " : "changed: ",
                       verified.message());
      return answer;
    }
    SC_RETURN_IF_ERROR(verified, "output '", output.name(), "'");
    uris.push_back(output.uri());
  }
  // Reading took its time. Retention deletes the record first, so what is still
  // recorded is still there; and from now on it stays.
  const absl::Status kept = uris.empty()
                                ? absl::OkStatus()
                                : store_.NeedArtifacts(search.run_id, uris);
  if (absl::IsNotFound(kept)) {
    answer.reason = absl::StrCat("its run ", cached.run_id, " was deleted");
    return answer;
  }
  SC_RETURN_IF_ERROR(kept);
  answer.outcome = v1::CACHE_OUTCOME_HIT;
  answer.outputs.assign(cached.step.outputs().begin(),
                        cached.step.outputs().end());
  return answer;
}

}  // namespace stagecoach
