// The least that an orchestrator of one's own would do for a run, to be
// measured beside one: it makes a row durable, calls a stage, makes another row
// durable and answers. With --run-rows it commits all that a run of four steps
// leaves in a store, as the orchestrator does.
//
//   stagecoach-relay --stage=HOST:PORT --listen=HOST:PORT --endpoints-file=FILE
//                    --store=FILE [--run-rows]

#include <grpcpp/channel.h>
#include <prometheus/registry.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/store/sqlite_connection.h"
#include "orchestrator/store/sqlite_store.h"
#include "services/common/base/status_macros.h"
#include "services/common/base/stop_signal.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/client_unary_call.h"
#include "services/common/rpc/endpoints_file.h"
#include "services/common/rpc/server.h"
#include "services/common/rpc/status.h"
#include "stagecoach/v1/stage.grpc.pb.h"
#include "tests/bench/runs/run_rows.h"

namespace stagecoach {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(60);

struct RelayOptions {
  std::string stage;
  std::string listen = "127.0.0.1:0";
  std::string endpoints_file;
  std::string store;
  bool run_rows = false;
};

// What is made durable before and after the call with this number.
//
// Threads: any.
class Record {
 public:
  virtual ~Record() = default;
  virtual absl::Status Begin(int64_t number) = 0;
  virtual absl::Status End(int64_t number) = 0;
};

// One row at a time, each with a commit of its own that is synced.
class Rows final : public Record {
 public:
  static absl::StatusOr<std::unique_ptr<Record>> Open(const std::string& path) {
    SC_ASSIGN_OR_RETURN(
        auto db, SqliteConnection::Open(
                     path, SqliteConnection::Mode::kReadWrite, kPatience));
    SC_RETURN_IF_ERROR(db->RunScript(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
        "CREATE TABLE row (number INTEGER PRIMARY KEY, body BLOB NOT NULL)"));
    return std::unique_ptr<Record>(new Rows(std::move(db)));
  }

  absl::Status Begin(int64_t) override { return Add(); }
  absl::Status End(int64_t) override { return Add(); }

 private:
  explicit Rows(std::unique_ptr<SqliteConnection> db) : db_(std::move(db)) {}

  absl::Status Add() ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    return db_->Run("INSERT INTO row (body) VALUES (zeroblob(500))", {});
  }

  absl::Mutex mutex_;
  const std::unique_ptr<SqliteConnection> db_ ABSL_PT_GUARDED_BY(mutex_);
};

// All that a run of four steps leaves, in two commits to the orchestrator's
// store.
class RunRows final : public Record {
 public:
  static absl::StatusOr<std::unique_ptr<Record>> Open(const std::string& path) {
    SC_ASSIGN_OR_RETURN(auto store, SqliteStore::Open({.path = path}));
    return std::unique_ptr<Record>(new RunRows(std::move(store)));
  }

  absl::Status Begin(int64_t number) override {
    return store_->Commit({BeginOfRun(number)}).front();
  }
  absl::Status End(int64_t number) override {
    return store_->Commit({EndOfRun(number)}).front();
  }

 private:
  explicit RunRows(std::unique_ptr<SqliteStore> store)
      : store_(std::move(store)) {}

  const std::unique_ptr<SqliteStore> store_;
};

// Relays Describe.
class Relay final : public v1::StageService::CallbackService {
 public:
  Relay(Record& record, const std::string& stage)
      : record_(record), stub_(v1::StageService::NewStub(MakeChannel(stage))) {}

  grpc::ServerUnaryReactor* Describe(grpc::CallbackServerContext* context,
                                     const v1::DescribeRequest* request,
                                     v1::DescribeResponse* response) override {
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
    const int64_t number = ++calls_;
    if (const absl::Status begun = record_.Begin(number); !begun.ok()) {
      reactor->Finish(ToGrpcStatus(begun, *context));
      return reactor;
    }
    CallUnary<v1::DescribeResponse>(
        kPatience,
        [&](auto* call, auto* answer, auto done) {
          stub_->async()->Describe(call, request, answer, std::move(done));
        },
        [this, context, response, reactor,
         number](absl::StatusOr<v1::DescribeResponse> end) {
          absl::Status status = end.status();
          if (status.ok()) status = record_.End(number);
          if (status.ok()) *response = *std::move(end);
          reactor->Finish(ToGrpcStatus(status, *context));
        });
    return reactor;
  }

 private:
  Record& record_;
  std::atomic<int64_t> calls_ = 0;
  const std::unique_ptr<v1::StageService::Stub> stub_;
};

absl::Status Serve(const RelayOptions& options) {
  StopSignal stop;
  SC_ASSIGN_OR_RETURN(const auto record, options.run_rows
                                             ? RunRows::Open(options.store)
                                             : Rows::Open(options.store));
  Relay relay(*record, options.stage);
  prometheus::Registry registry;
  SC_ASSIGN_OR_RETURN(
      const auto server,
      RpcServer::Start({.listen_address = options.listen}, {&relay}, registry));
  server->SetServing(true, "it relays");
  SC_RETURN_IF_ERROR(WriteEndpointsFile(
      options.endpoints_file,
      {.pid = getpid(), .grpc = server->address(), .metrics = {}}));
  stop.Wait();
  server->Shutdown(kPatience);
  return absl::OkStatus();
}

}  // namespace
}  // namespace stagecoach

int main(int argc, char** argv) {
  stagecoach::RelayOptions options;
  CLI::App app("Answers after two commits and a call.");
  app.add_option("--stage", options.stage)->required();
  app.add_option("--listen", options.listen);
  app.add_option("--endpoints-file", options.endpoints_file)->required();
  app.add_option("--store", options.store)->required();
  app.add_flag("--run-rows", options.run_rows);
  app.allow_extras();  // what all programs of a cluster are told
  CLI11_PARSE(app, argc, argv);
  const absl::Status status = stagecoach::Serve(options);
  if (status.ok()) return 0;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return 1;
}
