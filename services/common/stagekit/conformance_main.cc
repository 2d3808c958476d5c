// stage-conformance: holds a running stage against the contract.
//
//   stage-conformance --stage=127.0.0.1:50051 --request=example.json
//     --output-prefix=pvc://artifacts/conformance

#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <optional>
#include <sstream>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"
#include "services/common/base/status_macros.h"
#include "services/common/base/version.h"
#include "services/common/rpc/flags.h"
#include "services/common/rpc/grpc_log.h"
#include "services/common/stagekit/conformance.h"

namespace stagecoach {
namespace {

struct Flags {
  ConformanceOptions options;
  std::string request_file;
  std::string long_request_file;
};

absl::Status ReadRequest(const std::string& path, v1::ExecuteRequest& request) {
  if (path.empty()) return absl::OkStatus();
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  if (!file) return absl::NotFoundError(absl::StrCat("cannot read ", path));
  const auto parsed =
      google::protobuf::util::JsonStringToMessage(text.str(), &request);
  if (parsed.ok()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      path,
      " is not an ExecuteRequest in JSON: ", std::string(parsed.message())));
}

absl::Status Complete(Flags& flags) {
  SC_RETURN_IF_ERROR(ReadRequest(flags.request_file, flags.options.example));
  return ReadRequest(flags.long_request_file, flags.options.long_example);
}

void AddFlags(CLI::App& app, Flags& flags) {
  app.set_version_flag("--version", std::string(Version()));
  app.add_option("--stage", flags.options.address, "the replica to check")
      ->type_name("HOST:PORT")
      ->required();
  app.add_option("--output-prefix", flags.options.output_prefix,
                 "where its outputs may be written")
      ->type_name("pvc://VOLUME/PATH")
      ->required();
  app.add_option("--request", flags.request_file,
                 "JSON file with an ExecuteRequest that it can execute; only "
                 "parameters and inputs count")
      ->type_name("FILE");
  app.add_option("--long-request", flags.long_request_file,
                 "likewise, for work that lasts until it is cancelled")
      ->type_name("FILE");
  AddDurationFlag(app, "--timeout", flags.options.timeout,
                  "how long one execution may take");
}

int Report(const std::vector<ConformanceCheck>& checks) {
  int exit_code = EXIT_SUCCESS;
  for (const ConformanceCheck& check : checks) {
    std::cout << (check.result.ok() ? "kept    " : "BROKEN  ") << check.promise
              << std::endl;
    if (check.result.ok()) continue;
    std::cout << "        " << check.result.message() << std::endl;
    exit_code = EXIT_FAILURE;
  }
  return exit_code;
}

int Main(int argc, const char* const* argv) {
  Flags flags;
  CLI::App app("Holds a running stage against the contract of stage.proto.",
               "stage-conformance");
  AddFlags(app, flags);
  const std::optional<int> exit_code =
      ParseFlags(app, argc, argv, [&flags] { return Complete(flags); });
  if (exit_code.has_value()) return *exit_code;
  QuietGrpcLog();
  return Report(CheckConformance(flags.options));
}

}  // namespace
}  // namespace stagecoach

int main(int argc, char** argv) { return stagecoach::Main(argc, argv); }
