// The metrics of RPCs under the names that the gRPC ecosystem knows:
//
//   grpc_<side>_started_total{grpc_type,grpc_service,grpc_method}
//   grpc_<side>_handled_total{…,grpc_code}
//   grpc_<side>_handling_seconds{…}       histogram
//   grpc_<side>_msg_received_total{…}
//   grpc_<side>_msg_sent_total{…}
//
// with side `server` or `client`, type `unary`, `client_stream`,
// `server_stream` or `bidi_stream`, and codes spelled as in `OK`, `NotFound`.
// Methods are those of the services that were added; any other counts as
// `other` in all three labels, so that nobody can grow the set from outside.

#ifndef SERVICES_COMMON_RPC_RPC_METRICS_H_
#define SERVICES_COMMON_RPC_RPC_METRICS_H_

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/common/base/clock.h"

namespace stagecoach {

enum class RpcSide { kServer, kClient };

// The metrics of one method, looked up once for each call.
struct MethodMetrics {
  static constexpr int kCodes = 17;  // OK to UNAUTHENTICATED

  prometheus::Counter* started;
  std::array<prometheus::Counter*, kCodes> handled;
  prometheus::Histogram* seconds;
  prometheus::Counter* received;
  prometheus::Counter* sent;
};

// Threads: AddService before the first call to Find; Find from any thread.
// Ownership: `registry` and `clock` must outlive it, it must outlive the calls.
class RpcMetrics {
 public:
  RpcMetrics(RpcSide side, prometheus::Registry& registry,
             Clock& clock = Clock::Real());

  // Creates the metrics of every method of the service, at 0. A service whose
  // descriptor is not linked into the program is passed over.
  void AddService(const std::string& full_name);

  // `path` is `/<service>/<method>`.
  const MethodMetrics& Find(absl::string_view path) const;

  Clock& clock() const { return clock_; }

 private:
  MethodMetrics MakeMethod(const std::string& type, const std::string& service,
                           const std::string& method);

  Clock& clock_;
  prometheus::Family<prometheus::Counter>& started_;
  prometheus::Family<prometheus::Counter>& handled_;
  prometheus::Family<prometheus::Histogram>& seconds_;
  prometheus::Family<prometheus::Counter>& received_;
  prometheus::Family<prometheus::Counter>& sent_;
  MethodMetrics other_;
  absl::flat_hash_map<std::string, MethodMetrics> by_path_;
};

// Counts one call: as started when made; as handled exactly once, at the first
// Handled or, if none came, with CANCELLED at the end of its life.
//
// Threads: one at a time.
class CallRecorder {
 public:
  CallRecorder(const RpcMetrics& metrics, absl::string_view path);
  ~CallRecorder();
  CallRecorder(const CallRecorder&) = delete;
  CallRecorder& operator=(const CallRecorder&) = delete;

  void Received() const { method_.received->Increment(); }
  void Sent() const { method_.sent->Increment(); }
  // `code` is a gRPC status code; one out of range counts as UNKNOWN.
  void Handled(int code);

 private:
  const MethodMetrics& method_;
  Clock& clock_;
  const absl::Duration start_;
  bool handled_ = false;
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_RPC_RPC_METRICS_H_
