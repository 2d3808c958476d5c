// A cache for tests, with memory: a key is what the test says a stage's work
// is, answers come when the test lets them.

#ifndef ORCHESTRATOR_CACHE_FAKE_RESULT_CACHE_H_
#define ORCHESTRATOR_CACHE_FAKE_RESULT_CACHE_H_

#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "orchestrator/cache/result_cache.h"

namespace stagecoach {

// Threads: not thread-safe.
class FakeResultCache final : public ResultCache {
 public:
  // Whether questions are answered at once; otherwise they wait for Answer.
  void SetHanging(bool hanging) { hanging_ = hanging; }
  void Answer() {
    for (const auto& answer : std::exchange(open_, {})) answer();
  }

  // From now on every stage's key is that of `build`.
  void SetBuild(const std::string& build) { build_ = build; }
  // From now on nobody can look, for this reason, until it is OK.
  void Fail(absl::Status failure) { failure_ = std::move(failure); }
  // What Find answers for a stage; until then: MISS.
  void Put(const std::string& stage, CacheAnswer answer) {
    answers_[KeyOf(stage)] = std::move(answer);
  }

  // From now on Find answers for a stage that another orchestrator is at it, or
  // no longer.
  void SetElsewhere(const std::string& stage, bool elsewhere) {
    if (elsewhere) {
      elsewhere_.insert(KeyOf(stage));
    } else {
      elsewhere_.erase(KeyOf(stage));
    }
  }

  // Keys that were looked for, first to last, and how old results might be.
  const std::vector<std::string>& found() const { return found_; }
  absl::Time last_not_before() const { return last_not_before_; }

  std::string KeyOf(const std::string& stage) const {
    return stage + "@" + build_;
  }

  void MakeKey(CacheQuery query, KeyCallback done) override {
    Tell([done, result = Key(query.stage)] { done(result); });
  }

  void Find(CacheSearch search, AnswerCallback done) override {
    found_.push_back(search.key);
    last_not_before_ = search.not_before;
    Tell([done, result = Result(search.key)] { done(result); });
  }

 private:
  absl::StatusOr<v1::CacheLookup> Key(const std::string& stage) const {
    if (!failure_.ok()) return failure_;
    v1::CacheLookup lookup;
    lookup.set_key(KeyOf(stage));
    (*lookup.mutable_key_parts())["stage"] = stage;
    (*lookup.mutable_key_parts())["build_id"] = build_;
    return lookup;
  }

  absl::StatusOr<CacheAnswer> Result(const std::string& key) const {
    if (!failure_.ok()) return failure_;
    if (elsewhere_.contains(key)) {
      CacheAnswer answer;
      answer.elsewhere = true;
      return answer;
    }
    const auto answer = answers_.find(key);
    return answer == answers_.end() ? CacheAnswer() : answer->second;
  }

  void Tell(std::function<void()> answer) {
    if (hanging_) {
      open_.push_back(std::move(answer));
    } else {
      answer();
    }
  }

  bool hanging_ = false;
  std::string build_ = "test-build";
  absl::Status failure_;
  std::map<std::string, CacheAnswer> answers_;
  std::set<std::string> elsewhere_;  // keys
  std::vector<std::string> found_;
  absl::Time last_not_before_ = absl::InfinitePast();
  std::vector<std::function<void()>> open_;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CACHE_FAKE_RESULT_CACHE_H_
