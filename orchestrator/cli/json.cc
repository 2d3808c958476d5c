#include "orchestrator/cli/json.h"

#include "google/protobuf/util/json_util.h"

namespace stagecoach {
namespace {

std::string Print(const google::protobuf::Message& message, bool lines) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  options.add_whitespace = lines;
  std::string json;
  // Fails only for messages with Any, which the contract has not.
  static_cast<void>(
      google::protobuf::util::MessageToJsonString(message, &json, options));
  if (json.empty() || json.back() != '\n') json.push_back('\n');
  return json;
}

}  // namespace

std::string ToJson(const google::protobuf::Message& message) {
  return Print(message, /*lines=*/true);
}

std::string ToJsonLine(const google::protobuf::Message& message) {
  return Print(message, /*lines=*/false);
}

}  // namespace stagecoach
