#include "services/common/rpc/serve_options.h"

#include <CLI/CLI.hpp>

#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"
#include "services/common/base/version.h"
#include "services/common/rpc/flags.h"
#include "services/common/rpc/listen_address.h"

namespace stagecoach {
namespace {

// A flag whose text `parse` turns into a value.
template <typename Value>
void AddParsedFlag(CLI::App& app, const std::string& name, Value& value,
                   absl::StatusOr<Value> (*parse)(absl::string_view),
                   const std::string& default_text,
                   const std::string& description) {
  app.add_option_function<std::string>(
         name,
         [&value, parse](const std::string& text) { value = *parse(text); },
         description)
      ->check(
          [parse](const std::string& text) {
            return std::string(parse(text).status().message());
          },
          "")
      ->default_str(default_text);
}

}  // namespace

absl::Status ServeOptions::Validate() const {
  SC_RETURN_IF_ERROR(ParseListenAddress(listen_address).status(), "--listen");
  SC_RETURN_IF_ERROR(ParseListenAddress(metrics_listen_address).status(),
                     "--metrics-listen");
  if (drain_timeout < absl::ZeroDuration()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--drain-timeout: ", absl::FormatDuration(drain_timeout),
                     " is less than 0"));
  }
  return absl::OkStatus();
}

void AddServeFlags(CLI::App& app, ServeOptions& options) {
  app.set_version_flag("--version", absl::StrCat(app.get_name(), " ", Version(),
                                                 " (", Revision(), ")"));
  app.add_flag("--health", options.health,
               "ask the server at --listen whether it serves, and exit: 0 if "
               "it does, else 1");
  app.add_option("--listen", options.listen_address,
                 "where to serve gRPC; port 0 lets the kernel choose")
      ->type_name("HOST:PORT")
      ->capture_default_str();
  app.add_option("--metrics-listen", options.metrics_listen_address,
                 "where to serve /metrics over HTTP")
      ->type_name("HOST:PORT")
      ->capture_default_str();
  app.add_option("--volume", options.volumes,
                 "folder that holds the shared volume NAME; may be repeated")
      ->type_name("NAME=PATH")
      ->allow_extra_args(false);
  app.add_option("--endpoints-file", options.endpoints_file,
                 "JSON file to write the bound addresses to once serving")
      ->type_name("PATH");
  AddParsedFlag(app, "--log-format", options.log_format, ParseLogFormat,
                options.log_format == LogFormat::kText ? "text" : "json",
                "text or json");
  AddParsedFlag(app, "--log-level", options.log_level, ParseLogLevel,
                std::string(LogLevelName(options.log_level)),
                "least severe records to write: debug, info, warning, error");
  AddDurationFlag(app, "--drain-timeout", options.drain_timeout,
                  "how long running work may go on after SIGTERM");
}

}  // namespace stagecoach
