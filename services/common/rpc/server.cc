#include "services/common/rpc/server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/server_builder_option.h>
#include <grpcpp/impl/server_builder_plugin.h>
#include <grpcpp/impl/server_initializer.h>

#include <functional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "services/common/base/logging.h"
#include "services/common/base/status_macros.h"
#include "services/common/rpc/grpc_log.h"
#include "services/common/rpc/health_service.h"
#include "services/common/rpc/interceptors.h"
#include "services/common/rpc/listen_address.h"
#include "services/common/rpc/rpc_metrics.h"

namespace stagecoach {
namespace {

constexpr int kMinReceiveBytes = 1 << 10;
constexpr int kMaxReceiveBytes = 1 << 30;

// Clients ping every 10 s (channel.h); more than twice that often is abuse.
constexpr int kMinClientPingIntervalMs = 5'000;
// A client that vanished without a word is noticed after the sum of the two.
constexpr int kPingIntervalMs = 30'000;
constexpr int kPingTimeoutMs = 10'000;

using Services = std::vector<std::string>;
using OnServices = std::function<void(const Services&)>;

// gRPC tells the names of a builder's services only to plugins, before the
// first call can arrive: the right moment to create their metrics.
class ServiceLister final : public grpc::ServerBuilderPlugin {
 public:
  explicit ServiceLister(OnServices on_services)
      : on_services_(std::move(on_services)) {}

  std::string name() override { return "stagecoach_service_lister"; }
  void InitServer(grpc::ServerInitializer* server) override {
    on_services_(*server->GetServiceList());
  }
  void Finish(grpc::ServerInitializer*) override {}
  void ChangeArguments(const std::string&, void*) override {}

 private:
  const OnServices on_services_;
};

class ServiceListerOption final : public grpc::ServerBuilderOption {
 public:
  explicit ServiceListerOption(OnServices on_services)
      : on_services_(std::move(on_services)) {}

  void UpdateArguments(grpc::ChannelArguments*) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>*
                         plugins) override {
    plugins->push_back(std::make_unique<ServiceLister>(on_services_));
  }

 private:
  const OnServices on_services_;
};

void SetLimits(grpc::ServerBuilder& builder, const RpcServerOptions& options) {
  builder.SetMaxReceiveMessageSize(options.max_receive_bytes);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kPingIntervalMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kPingTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(
      GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
      kMinClientPingIntervalMs);
}

}  // namespace

absl::Status RpcServerOptions::Validate() const {
  SC_RETURN_IF_ERROR(ParseListenAddress(listen_address).status(),
                     "listen_address");
  if (max_receive_bytes < kMinReceiveBytes ||
      max_receive_bytes > kMaxReceiveBytes) {
    return absl::InvalidArgumentError(absl::StrCat(
        "max_receive_bytes is ", max_receive_bytes, ", allowed are ",
        kMinReceiveBytes, " to ", kMaxReceiveBytes));
  }
  return absl::OkStatus();
}

RpcServer::RpcServer() = default;

RpcServer::~RpcServer() {
  if (server_ != nullptr) Shutdown(absl::ZeroDuration());
}

absl::StatusOr<std::unique_ptr<RpcServer>> RpcServer::Start(
    const RpcServerOptions& options,
    const std::vector<grpc::Service*>& services,
    prometheus::Registry& registry) {
  SC_RETURN_IF_ERROR(options.Validate());
  SC_ASSIGN_OR_RETURN(ListenAddress address,
                      ParseListenAddress(options.listen_address));
  QuietGrpcLog();
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();

  std::unique_ptr<RpcServer> result(new RpcServer);
  result->metrics_ = std::make_unique<RpcMetrics>(RpcSide::kServer, registry);
  result->health_ = std::make_unique<HealthService>();
  result->health_->SetServing(kLivenessService, true);

  grpc::ServerBuilder builder;
  SetLimits(builder, options);
  int port = 0;
  builder.AddListeningPort(address.ToString(),
                           grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(result->health_.get());
  for (grpc::Service* service : services) builder.RegisterService(service);
  builder.experimental().SetInterceptorCreators(
      MakeServerInterceptors(*result->metrics_));
  builder.SetOption(std::make_unique<ServiceListerOption>(
      [&result](const Services& names) { result->UseServices(names); }));

  result->server_ = builder.BuildAndStart();
  if (result->server_ == nullptr) return ExplainListenFailure(address);
  address.port = port;
  result->address_ = address.ToString();
  return result;
}

void RpcServer::UseServices(const Services& names) {
  services_ = names;
  for (const std::string& name : names) metrics_->AddService(name);
}

void RpcServer::SetServing(bool serving, absl::string_view reason) {
  SetServing("", serving, reason);
  for (const std::string& service : services_) {
    health_->SetServing(service, serving);
  }
}

void RpcServer::SetServing(const std::string& service, bool serving,
                           absl::string_view reason) {
  if (!health_->SetServing(service, serving)) return;
  Log(LogLevel::kInfo, serving ? "serving" : "not serving",
      {{"service", service.empty() ? "all" : service}, {"reason", reason}});
}

void RpcServer::Shutdown(absl::Duration drain) {
  SetServing(false, "the server is stopping");
  health_->Shutdown();
  server_->Shutdown(absl::ToChronoTime(absl::Now() + drain));
}

}  // namespace stagecoach
