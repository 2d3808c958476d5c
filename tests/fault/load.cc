#include "tests/fault/load.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/status.h"
#include "tests/testing/cluster.h"

namespace stagecoach {
namespace {

// A caller that waits for longer calls again.
const absl::Duration kCallLimit = absl::Seconds(20) * Slowness();

// What a caller does not take for an answer.
bool MayCallAgain(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) ||
         absl::IsResourceExhausted(status) || absl::IsCancelled(status);
}

}  // namespace

class Load::Caller {
 public:
  Caller(Load& load, const std::string& orchestrator, v1::RunRequest request,
         std::string name)
      : load_(load),
        request_(std::move(request)),
        name_(std::move(name)),
        stub_(v1::Orchestrator::NewStub(
            MakeChannel(orchestrator, {.own_connection = true}))) {}

  void Run() {
    for (int i = 0; !load_.stopping(); ++i) {
      request_.set_idempotency_key(absl::StrCat(name_, "-", i));
      v1::Run run;
      absl::Status status =
          Insist([&](auto& context) { return Create(context, run); });
      if (status.ok()) {
        status = Insist([&](auto& context) { return Watch(context, run); });
      }
      if (status.ok()) {
        status = Insist([&](auto& context) { return Get(context, run); });
      }
      if (!status.ok()) {
        load_.Failed(status);
        return;
      }
      load_.Ended(std::move(run));
    }
  }

 private:
  template <typename Call>
  absl::Status Insist(const Call& call) {
    const absl::Time give_up = absl::Now() + 2 * kPatience;
    for (;;) {
      grpc::ClientContext context;
      context.set_wait_for_ready(true);
      SetTimeout(context, kCallLimit);
      const grpc::Status answer = call(context);
      const absl::Status status = FromGrpcStatus(answer, context);
      if (!MayCallAgain(status) || absl::Now() > give_up) return status;
      load_.Repeated();
    }
  }

  grpc::Status Create(grpc::ClientContext& context, v1::Run& run) {
    v1::CreateRunRequest call;
    *call.mutable_run() = request_;
    v1::CreateRunResponse response;
    grpc::Status status = stub_->CreateRun(&context, call, &response);
    run = response.run();
    return status;
  }

  grpc::Status Watch(grpc::ClientContext& context, const v1::Run& run) {
    v1::WatchRunRequest call;
    call.set_run_id(run.id());
    const auto reader = stub_->WatchRun(&context, call);
    v1::WatchRunResponse response;
    while (reader->Read(&response)) {
    }
    return reader->Finish();
  }

  grpc::Status Get(grpc::ClientContext& context, v1::Run& run) {
    v1::GetRunRequest call;
    call.set_run_id(run.id());
    v1::GetRunResponse response;
    grpc::Status status = stub_->GetRun(&context, call, &response);
    if (status.ok()) run = response.run();
    return status;
  }

  Load& load_;
  v1::RunRequest request_;
  const std::string name_;
  const std::unique_ptr<v1::Orchestrator::Stub> stub_;
};

Load::Load(const std::string& orchestrator, v1::RunRequest request,
           int callers) {
  for (int i = 0; i < callers; ++i) {
    callers_.push_back(std::make_unique<Caller>(*this, orchestrator, request,
                                                absl::StrCat("caller-", i)));
  }
  for (const auto& caller : callers_) {
    threads_.emplace_back([&caller = *caller] { caller.Run(); });
  }
}

Load::~Load() { Stop(); }

bool Load::stopping() {
  absl::MutexLock lock(&mutex_);
  return stopping_;
}

void Load::Repeated() {
  absl::MutexLock lock(&mutex_);
  ++repeated_calls_;
}

void Load::Ended(v1::Run run) {
  absl::MutexLock lock(&mutex_);
  const absl::Time now = absl::Now();
  longest_pause_ = std::max(longest_pause_, now - last_end_);
  last_end_ = now;
  ended_.push_back(std::move(run));
}

void Load::Failed(const absl::Status& fault) {
  absl::MutexLock lock(&mutex_);
  fault_.Update(fault);
}

bool Load::AwaitEnds(int more, absl::Duration limit) {
  absl::MutexLock lock(&mutex_);
  const size_t wanted = ended_.size() + more;
  const auto enough = [this, wanted] { return ended_.size() >= wanted; };
  return mutex_.AwaitWithTimeout(absl::Condition(&enough), limit);
}

void Load::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

std::map<std::string, std::string> RunsByKey(v1::Orchestrator::Stub& stub) {
  std::map<std::string, std::string> runs;
  v1::ListRunsRequest request;
  request.set_page_size(1000);
  do {
    grpc::ClientContext context;
    SetTimeout(context, kPatience);
    v1::ListRunsResponse response;
    const absl::Status status =
        FromGrpcStatus(stub.ListRuns(&context, request, &response), context);
    EXPECT_OK(status);
    if (!status.ok()) break;
    for (const v1::Run& run : response.runs()) {
      EXPECT_TRUE(runs.emplace(run.idempotency_key(), run.id()).second)
          << "two runs have the key " << run.idempotency_key();
    }
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  return runs;
}

}  // namespace stagecoach
