// The calls that return a stream.

#include <algorithm>
#include <utility>

#include "orchestrator/api/orchestrator_service.h"
#include "services/common/artifact/file_mapping.h"
#include "services/common/rpc/call_metadata.h"
#include "services/common/rpc/write_stream.h"

namespace stagecoach {
namespace {

using grpc::CallbackServerContext;
using grpc::ServerWriteReactor;

constexpr size_t kChunk = 1 << 20;

// Durable events that may wait for a slow reader; one that is further behind
// is ended, and goes on from its cursor.
constexpr WriteQueueLimits kWatchLimits = {.newest = 64, .all = 100'000};

absl::Status StoppedWatching() {
  return absl::UnavailableError(
      "the orchestrator is stopping; the run goes on: watch it again from the "
      "last cursor");
}

Keep KeepOf(const v1::RunEvent& event) {
  return event.has_progress() ? Keep::kNewest : Keep::kAll;
}

class WatchStream final : public RunWatcher {
 public:
  using Stream = WriteStream<v1::WatchRunResponse>;

  explicit WatchStream(std::shared_ptr<Stream> stream)
      : stream_(std::move(stream)) {}

  void OnEvent(const v1::RunEvent& event) override {
    v1::WatchRunResponse response;
    *response.mutable_event() = event;
    stream_->Write(std::move(response), KeepOf(event));
  }
  void OnEnd(const v1::Run&) override { stream_->Finish(absl::OkStatus()); }
  void OnStop() override { stream_->Finish(StoppedWatching()); }

 private:
  const std::shared_ptr<Stream> stream_;
};

class ExecuteStream final : public RunWatcher {
 public:
  using Stream = WriteStream<v1::ExecuteRunResponse>;

  ExecuteStream(std::shared_ptr<Stream> stream, bool without_events)
      : stream_(std::move(stream)), without_events_(without_events) {}

  void OnEvent(const v1::RunEvent& event) override {
    if (without_events_) return;
    v1::ExecuteRunResponse response;
    *response.mutable_event() = event;
    stream_->Write(std::move(response), KeepOf(event));
  }
  void OnEnd(const v1::Run& run) override {
    v1::ExecuteRunResponse response;
    *response.mutable_ended() = run;
    stream_->WriteAndFinish(std::move(response), absl::OkStatus());
  }
  void OnStop() override { stream_->Finish(StoppedWatching()); }

 private:
  const std::shared_ptr<Stream> stream_;
  const bool without_events_;
};

// Lets `watcher` follow a run until it ends or the reader goes away.
template <typename Message>
void Follow(Operations& operations, const std::string& run_id,
            int64_t after_cursor, const std::shared_ptr<RunWatcher>& watcher,
            WriteStream<Message>& stream) {
  absl::StatusOr<std::function<void()>> unwatch =
      operations.WatchRun(run_id, after_cursor, watcher);
  if (unwatch.ok()) {
    stream.OnCancel(*std::move(unwatch));
  } else {
    stream.Finish(unwatch.status());
  }
}

// Sends an artifact piece by piece, each when the one before is on its way, so
// that memory and a slow reader do not matter.
class ArtifactSender : public std::enable_shared_from_this<ArtifactSender> {
 public:
  using Stream = WriteStream<v1::ReadArtifactResponse>;

  ArtifactSender(OpenedArtifact opened, std::shared_ptr<Stream> stream)
      : opened_(std::move(opened)), stream_(std::move(stream)) {}

  void SendNext(BoundedExecutor& executor) {
    v1::ReadArtifactResponse response;
    if (offset_ == 0) *response.mutable_artifact() = opened_.artifact;
    const absl::string_view bytes = opened_.reader.bytes();
    const size_t size = std::min(kChunk, bytes.size() - offset_);
    response.set_data(std::string(bytes.substr(offset_, size)));
    if (absl::Status whole = CheckWhole(opened_.reader.uri(), bytes);
        !whole.ok()) {
      stream_->Finish(whole);
      return;
    }
    offset_ += size;
    if (offset_ == bytes.size()) {
      stream_->WriteAndFinish(std::move(response), absl::OkStatus());
      return;
    }
    stream_->OnDrained([self = shared_from_this(), &executor] {
      // The next piece may have to be read from the volume.
      const absl::Status submitted =
          executor.Submit([self, &executor] { self->SendNext(executor); });
      if (!submitted.ok()) self->stream_->Finish(submitted);
    });
    stream_->Write(std::move(response), Keep::kAll);
  }

 private:
  const OpenedArtifact opened_;
  const std::shared_ptr<Stream> stream_;
  size_t offset_ = 0;
};

// Sends a whole text in messages of a fitting size.
void SendText(absl::string_view text,
              WriteStream<v1::ReadLogResponse>& stream) {
  for (; !text.empty(); text.remove_prefix(std::min(kChunk, text.size()))) {
    v1::ReadLogResponse response;
    response.set_data(std::string(text.substr(0, kChunk)));
    stream.Write(std::move(response), Keep::kAll);
  }
  stream.Finish(absl::OkStatus());
}

}  // namespace

ServerWriteReactor<v1::WatchRunResponse>* OrchestratorService::WatchRun(
    CallbackServerContext* context, const v1::WatchRunRequest* request) {
  auto stream =
      WriteStream<v1::WatchRunResponse>::Create(*context, kWatchLimits);
  const absl::Status submitted =
      executor_.Submit([this, stream, run_id = request->run_id(),
                        after_cursor = request->after_cursor()] {
        Follow(operations_, run_id, after_cursor,
               std::make_shared<WatchStream>(stream), *stream);
      });
  if (!submitted.ok()) stream->Finish(submitted);
  return stream->reactor();
}

ServerWriteReactor<v1::ExecuteRunResponse>* OrchestratorService::ExecuteRun(
    CallbackServerContext* context, const v1::ExecuteRunRequest* request) {
  auto stream =
      WriteStream<v1::ExecuteRunResponse>::Create(*context, kWatchLimits);
  const auto created = [this, stream,
                        without_events = request->without_events()](
                           absl::StatusOr<const v1::Run*> run) {
    if (!run.ok()) {
      stream->Finish(run.status());
      return;
    }
    v1::ExecuteRunResponse response;
    if (without_events) {
      response.mutable_created()->set_id((*run)->id());
      response.mutable_created()->set_state((*run)->state());
    } else {
      *response.mutable_created() = **run;
    }
    stream->Write(std::move(response), Keep::kAll);
    Follow(operations_, (*run)->id(), /*after_cursor=*/0,
           std::make_shared<ExecuteStream>(stream, without_events), *stream);
  };
  const std::string trace_parent = TraceParentOf(*context);
  if (operations_.CreateRunAtOnce(request->run(), trace_parent, created)) {
    return stream->reactor();
  }
  const absl::Status submitted =
      executor_.Submit([this, run = request->run(), trace_parent, created] {
        operations_.CreateRun(run, trace_parent, created);
      });
  if (!submitted.ok()) stream->Finish(submitted);
  return stream->reactor();
}

ServerWriteReactor<v1::ReadArtifactResponse>* OrchestratorService::ReadArtifact(
    CallbackServerContext* context, const v1::ReadArtifactRequest* request) {
  auto stream = WriteStream<v1::ReadArtifactResponse>::Create(*context);
  const absl::Status submitted =
      transfers_.Submit([this, stream, uri = request->uri()] {
        absl::StatusOr<OpenedArtifact> opened = operations_.OpenArtifact(uri);
        if (!opened.ok()) {
          stream->Finish(opened.status());
          return;
        }
        std::make_shared<ArtifactSender>(*std::move(opened), stream)
            ->SendNext(transfers_);
      });
  if (!submitted.ok()) stream->Finish(submitted);
  return stream->reactor();
}

ServerWriteReactor<v1::ReadLogResponse>* OrchestratorService::ReadLog(
    CallbackServerContext* context, const v1::ReadLogRequest* request) {
  auto stream = WriteStream<v1::ReadLogResponse>::Create(*context);
  const absl::Status submitted =
      transfers_.Submit([this, stream, wanted = *request] {
        const absl::StatusOr<std::string> log = operations_.ReadLog(wanted);
        if (log.ok()) {
          SendText(*log, *stream);
        } else {
          stream->Finish(log.status());
        }
      });
  if (!submitted.ok()) stream->Finish(submitted);
  return stream->reactor();
}

}  // namespace stagecoach
