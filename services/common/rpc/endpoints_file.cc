#include "services/common/rpc/endpoints_file.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"

namespace stagecoach {
namespace {

absl::Status FileError(absl::string_view what, const std::string& path) {
  return absl::ErrnoToStatus(
      errno, absl::StrCat("cannot ", what, " endpoints file ", path));
}

bool IsEndpoints(const nlohmann::json& value) {
  const auto has_text = [&value](const char* name) {
    return value.contains(name) && value[name].is_string();
  };
  return value.is_object() && value.contains("pid") &&
         value["pid"].is_number_integer() && has_text("grpc") &&
         has_text("metrics") && (!value.contains("http") || has_text("http"));
}

}  // namespace

absl::Status WriteEndpointsFile(const std::string& path,
                                const Endpoints& endpoints) {
  nlohmann::json value = {{"pid", endpoints.pid},
                          {"grpc", endpoints.grpc},
                          {"metrics", endpoints.metrics}};
  if (!endpoints.http.empty()) value["http"] = endpoints.http;
  const std::string unfinished = absl::StrCat(path, ".", getpid(), ".tmp");
  std::ofstream file(unfinished, std::ios::trunc);
  file << value.dump() << "\n";
  file.close();
  if (!file) {
    const absl::Status status = FileError("write", path);
    std::remove(unfinished.c_str());
    return status;
  }
  if (std::rename(unfinished.c_str(), path.c_str()) != 0) {
    const absl::Status status = FileError("write", path);
    std::remove(unfinished.c_str());
    return status;
  }
  return absl::OkStatus();
}

absl::StatusOr<Endpoints> ReadEndpointsFile(const std::string& path) {
  errno = 0;
  std::ifstream file(path);
  if (!file) return FileError("read", path);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  const auto value = nlohmann::json::parse(text, nullptr, false);
  if (!IsEndpoints(value)) {
    return absl::DataLossError(
        absl::StrCat("endpoints file ", path,
                     " is not of the form {\"pid\":1,\"grpc\":\"host:port\","
                     "\"metrics\":\"host:port\"}"));
  }
  return Endpoints{value["pid"], value["grpc"], value["metrics"],
                   value.value("http", "")};
}

}  // namespace stagecoach
