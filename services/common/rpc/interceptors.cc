#include "services/common/rpc/interceptors.h"

#include <utility>

namespace stagecoach {
namespace {

using grpc::experimental::InterceptionHookPoints;
using grpc::experimental::Interceptor;
using grpc::experimental::InterceptorBatchMethods;

class ServerInterceptor final : public Interceptor {
 public:
  ServerInterceptor(const RpcMetrics& metrics, const char* path)
      : call_(metrics, path) {}

  void Intercept(InterceptorBatchMethods* batch) override {
    if (batch->QueryInterceptionHookPoint(
            InterceptionHookPoints::POST_RECV_MESSAGE) &&
        batch->GetRecvMessage() != nullptr) {
      call_.Received();
    }
    if (batch->QueryInterceptionHookPoint(
            InterceptionHookPoints::PRE_SEND_MESSAGE)) {
      call_.Sent();
    }
    if (batch->QueryInterceptionHookPoint(
            InterceptionHookPoints::PRE_SEND_STATUS)) {
      call_.Handled(batch->GetSendStatus().error_code());
    }
    batch->Proceed();
  }

 private:
  CallRecorder call_;
};

class ClientInterceptor final : public Interceptor {
 public:
  ClientInterceptor(const RpcMetrics& metrics, const char* path)
      : call_(metrics, path) {}

  void Intercept(InterceptorBatchMethods* batch) override {
    if (batch->QueryInterceptionHookPoint(
            InterceptionHookPoints::PRE_SEND_MESSAGE)) {
      call_.Sent();
    }
    if (batch->QueryInterceptionHookPoint(
            InterceptionHookPoints::POST_RECV_MESSAGE) &&
        batch->GetRecvMessage() != nullptr) {
      call_.Received();
    }
    if (batch->QueryInterceptionHookPoint(
            InterceptionHookPoints::POST_RECV_STATUS)) {
      call_.Handled(batch->GetRecvStatus()->error_code());
    }
    batch->Proceed();
  }

 private:
  CallRecorder call_;
};

class ServerFactory final
    : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  explicit ServerFactory(const RpcMetrics& metrics) : metrics_(metrics) {}

  Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo* info) override {
    return new ServerInterceptor(metrics_, info->method());
  }

 private:
  const RpcMetrics& metrics_;
};

class ClientFactory final
    : public grpc::experimental::ClientInterceptorFactoryInterface {
 public:
  explicit ClientFactory(std::shared_ptr<const RpcMetrics> metrics)
      : metrics_(std::move(metrics)) {}

  Interceptor* CreateClientInterceptor(
      grpc::experimental::ClientRpcInfo* info) override {
    return new ClientInterceptor(*metrics_, info->method());
  }

 private:
  const std::shared_ptr<const RpcMetrics> metrics_;
};

}  // namespace

std::vector<
    std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>>
MakeServerInterceptors(const RpcMetrics& metrics) {
  std::vector<
      std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>>
      factories;
  factories.push_back(std::make_unique<ServerFactory>(metrics));
  return factories;
}

std::vector<
    std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>>
MakeClientInterceptors(std::shared_ptr<const RpcMetrics> metrics) {
  std::vector<
      std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>>
      factories;
  if (metrics != nullptr) {
    factories.push_back(std::make_unique<ClientFactory>(std::move(metrics)));
  }
  return factories;
}

}  // namespace stagecoach
