// gRPC's standard health protocol. Used instead of gRPC's own service because
// that one says SERVING before the program says so, and keeps the streams of
// watchers open when the server stops, so that stopping lasts until its
// deadline.

#ifndef SERVICES_COMMON_RPC_HEALTH_SERVICE_H_
#define SERVICES_COMMON_RPC_HEALTH_SERVICE_H_

#include <map>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "services/common/rpc/write_stream.h"

namespace stagecoach {

// Knows the services that were set, and "", the server as a whole, which does
// not serve at first.
//
// Threads: every method may be called from any thread.
class HealthService final : public grpc::health::v1::Health::CallbackService {
 public:
  HealthService();

  // Tells watchers. Returns whether that changed anything. After Shutdown
  // nothing serves any more.
  bool SetServing(const std::string& service, bool serving);

  // Says NOT_SERVING for everything and ends the watchers' streams.
  void Shutdown();

  // The RPCs. NOT_FOUND (Check) or SERVICE_UNKNOWN (Watch): never set.
  grpc::ServerUnaryReactor* Check(
      grpc::CallbackServerContext* context,
      const grpc::health::v1::HealthCheckRequest* request,
      grpc::health::v1::HealthCheckResponse* response) override;
  grpc::ServerWriteReactor<grpc::health::v1::HealthCheckResponse>* Watch(
      grpc::CallbackServerContext* context,
      const grpc::health::v1::HealthCheckRequest* request) override;

 private:
  using Response = grpc::health::v1::HealthCheckResponse;
  using Stream = WriteStream<Response>;
  struct Watcher {
    std::string service;
    std::shared_ptr<Stream> stream;
  };

  // SERVICE_UNKNOWN if it was never set.
  Response::ServingStatus StatusLocked(const std::string& service) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void TellWatchersLocked(const std::string& service)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Forget(uint64_t watcher);

  // Held while writing to a stream, so that all watchers see the changes in the
  // same order; a stream's Write never blocks nor calls back.
  mutable absl::Mutex mutex_;
  std::map<std::string, bool> serving_ ABSL_GUARDED_BY(mutex_);
  std::map<uint64_t, Watcher> watchers_ ABSL_GUARDED_BY(mutex_);
  uint64_t next_watcher_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_RPC_HEALTH_SERVICE_H_
