#include "orchestrator/engine/lease_keeper.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/common/base/ids.h"
#include "services/common/base/logging.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

// At most so many at once: others shall have some too.
constexpr int kRunsATurn = 200;

}  // namespace

absl::Status LeaseOptions::Validate() const {
  if (ttl < absl::Seconds(1)) {
    return absl::InvalidArgumentError(absl::StrCat("the time of a lease is ",
                                                   absl::FormatDuration(ttl),
                                                   "; it must be at least 1s"));
  }
  if (margin <= absl::ZeroDuration() || margin * 3 >= ttl * 2) {
    return absl::InvalidArgumentError(
        absl::StrCat("the margin of a lease is ", absl::FormatDuration(margin),
                     "; it must be more than 0 and less than two thirds of ",
                     absl::FormatDuration(ttl)));
  }
  return absl::OkStatus();
}

LeaseKeeper::LeaseKeeper(LeaseStore& store, CoordinationStore& coordination,
                         Engine& engine, Clock& clock, LeaseOptions options)
    : store_(store),
      coordination_(coordination),
      engine_(engine),
      clock_(clock),
      options_(std::move(options)) {
  TakeNewName();
}

LeaseKeeper::~LeaseKeeper() { Stop(); }

void LeaseKeeper::TakeNewName() {
  holder_ = absl::StrCat(options_.name, "-", RandomId(8));
}

absl::Status LeaseKeeper::TakeLease() {
  engine_.UseLeases(store_, holder_);
  engine_.SharePlaces([this](std::vector<PlaceRequest> requests) {
    AskForPlaces(std::move(requests));
  });
  return Renew();
}

absl::Status LeaseKeeper::Renew() {
  // Counted from before the store was asked: it cannot end earlier.
  const absl::Duration asked = clock_.Elapsed();
  SC_RETURN_IF_ERROR(store_.RenewLease(holder_, options_.ttl));
  renew_at_ = asked + options_.ttl / 3;
  engine_.HoldUntil(holder_, asked + options_.ttl - options_.margin);
  return absl::OkStatus();
}

void LeaseKeeper::Start() {
  thread_ = std::thread([this] { RunThread(); });
}

void LeaseKeeper::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

void LeaseKeeper::Release() {
  const absl::Status released = store_.ReleaseLease(holder_);
  if (released.ok()) return;
  Log(LogLevel::kWarning, "lease not given back; it ends by itself",
      {{"holder", holder_}, {"error", released}});
}

void LeaseKeeper::Wake() {
  absl::MutexLock lock(&mutex_);
  woken_ = true;
}

void LeaseKeeper::RunThread() {
  for (;;) {
    bool only_places = false;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.AwaitWithTimeout(absl::Condition(this, &LeaseKeeper::HasNews),
                              renew_at_ - clock_.Elapsed());
      if (stopping_) return;
      only_places = places_asked_ && !woken_ && clock_.Elapsed() < renew_at_;
      woken_ = false;
      places_asked_ = false;
    }
    if (only_places) {
      GivePlaces();
    } else {
      Turn();
    }
  }
}

void LeaseKeeper::Turn() {
  if (clock_.Elapsed() >= renew_at_) {
    absl::Status renewed = Renew();
    if (absl::IsAborted(renewed)) {
      Log(LogLevel::kError, "lease lost", {{"holder", holder_}});
      engine_.GiveUpRuns();
      TakeNewName();
      renewed = Renew();
    }
    if (!renewed.ok()) {
      Log(LogLevel::kError, "lease not renewed",
          {{"holder", holder_}, {"error", renewed}});
      renew_at_ = clock_.Elapsed() + options_.ttl / 15;
      return;
    }
  }
  Acquire();
  PassOnWishes();
  GivePlaces();
  engine_.LookAgain();
}

void LeaseKeeper::Acquire() {
  absl::StatusOr<std::vector<v1::Run>> runs =
      store_.AcquireRuns(holder_, kRunsATurn);
  if (!runs.ok()) {
    // That it is lost is seen when it is renewed next: at once.
    if (absl::IsAborted(runs.status())) renew_at_ = clock_.Elapsed();
    Log(LogLevel::kWarning, "no runs acquired", {{"error", runs.status()}});
    return;
  }
  if (runs->empty()) return;
  Log(LogLevel::kInfo, "runs acquired", {{"runs", runs->size()}});
  if (runs->size() == kRunsATurn) Wake();
  engine_.TakeUp(*std::move(runs));
}

void LeaseKeeper::PassOnWishes() {
  const absl::StatusOr<std::vector<RunWish>> wishes = store_.WishesFor(holder_);
  if (!wishes.ok()) {
    Log(LogLevel::kWarning, "wishes not read", {{"error", wishes.status()}});
    return;
  }
  for (const RunWish& wish : *wishes) {
    {
      absl::MutexLock lock(&mutex_);
      if (!passed_on_.insert(wish.number).second) continue;
    }
    engine_.Fulfil(wish, [this, number = wish.number](absl::Status fulfilled) {
      Forget(number, fulfilled);
    });
  }
}

void LeaseKeeper::Forget(int64_t number, const absl::Status& fulfilled) {
  // What is not forgotten is passed on again by the next turn.
  if (fulfilled.ok()) store_.ForgetWish(number).IgnoreError();
  absl::MutexLock lock(&mutex_);
  passed_on_.erase(number);
}

void LeaseKeeper::AskForPlaces(std::vector<PlaceRequest> requests) {
  absl::MutexLock lock(&mutex_);
  requests_.insert(requests_.end(), requests.begin(), requests.end());
  places_asked_ = true;
}

void LeaseKeeper::GivePlaces() {
  std::vector<PlaceRequest> requests;
  {
    absl::MutexLock lock(&mutex_);
    requests.swap(requests_);
  }
  absl::StatusOr<std::vector<Place>> places =
      coordination_.GivePlaces(holder_, requests);
  if (places.ok()) {
    if (!places->empty()) engine_.GivePlaces(*std::move(places));
    return;
  }
  Log(LogLevel::kWarning, "no places given", {{"error", places.status()}});
  renew_at_ = std::min(renew_at_, clock_.Elapsed() + options_.ttl / 15);
  absl::MutexLock lock(&mutex_);
  requests_.insert(requests_.begin(), requests.begin(), requests.end());
}

}  // namespace stagecoach
