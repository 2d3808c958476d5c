#include "orchestrator/api/http/json_request.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/util/json_util.h>

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "services/common/base/nearest_name.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using Json = nlohmann::json;

// The value as `v1::ParameterValue` has it, if it is a plain one.
Json ParameterValueOf(const Json& value) {
  if (value.is_boolean()) return {{"booleanValue", value}};
  if (value.is_number_integer()) return {{"integerValue", value}};
  if (value.is_number_float()) return {{"numberValue", value}};
  if (value.is_string()) return {{"stringValue", value}};
  if (value.is_array()) return {{"stringListValue", {{"values", value}}}};
  return value;
}

void SpellOutParameters(Json& run) {
  const auto parameters = run.find("parameters");
  if (parameters == run.end() || !parameters->is_object()) return;
  for (Json& value : *parameters) value = ParameterValueOf(value);
}

absl::StatusOr<Json> ParseBody(const JsonParts& parts) {
  if (parts.body.empty()) return Json::object();
  Json body = Json::parse(parts.body.begin(), parts.body.end(), nullptr,
                          /*allow_exceptions=*/false);
  if (body.is_discarded()) {
    return absl::InvalidArgumentError(
        "the body is not JSON; it must be an object such as "
        "{\"pipeline\": \"airline\"}");
  }
  if (!body.is_object()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the body is JSON, but ", body.type_name(),
                     "; it must be an object in braces"));
  }
  SpellOutParameters(body);
  if (parts.body_field.empty()) return body;
  return Json{{std::string(parts.body_field), std::move(body)}};
}

const FieldDescriptor* FindField(const Descriptor& message,
                                 const std::string& name) {
  const FieldDescriptor* field = message.FindFieldByName(name);
  return field != nullptr ? field : message.FindFieldByCamelcaseName(name);
}

// The value of a field that came as text. Numbers may stay text in JSON.
absl::StatusOr<Json> ValueOf(const FieldDescriptor& field,
                             const std::string& text) {
  if (field.cpp_type() != FieldDescriptor::CPPTYPE_BOOL) return Json(text);
  if (text == "true" || text == "1" || text.empty()) return Json(true);
  if (text == "false" || text == "0") return Json(false);
  return absl::InvalidArgumentError(
      absl::StrCat(field.name(), " is '", absl::Utf8SafeCEscape(text),
                   "'; it must be true or false"));
}

absl::Status AddQuery(const JsonParts& parts, const Descriptor& message,
                      Json& request) {
  std::vector<std::string> known;
  for (int i = 0; i < message.field_count(); ++i) {
    const std::string& name = message.field(i)->name();
    if (name != parts.body_field && parts.path_fields.count(name) == 0) {
      known.push_back(name);
    }
  }
  for (const auto& [name, text] : parts.query) {
    const FieldDescriptor* field = FindField(message, name);
    if (field == nullptr || field->is_repeated()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "there is no query parameter '", absl::Utf8SafeCEscape(name),
          "' here", NearestNameHint(name, known)));
    }
    SC_ASSIGN_OR_RETURN(request[field->name()], ValueOf(*field, text));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ParseRequest(const JsonParts& parts,
                          google::protobuf::Message& message) {
  const Descriptor& descriptor = *message.GetDescriptor();
  SC_ASSIGN_OR_RETURN(Json request, ParseBody(parts));
  SC_RETURN_IF_ERROR(AddQuery(parts, descriptor, request));
  for (const auto& [name, text] : parts.path_fields) request[name] = text;
  const auto parsed = google::protobuf::util::JsonStringToMessage(
      request.dump(-1, ' ', false, Json::error_handler_t::replace), &message);
  if (parsed.ok()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("the request does not fit ", descriptor.name(), ": ",
                   std::string(parsed.message())));
}

std::string JsonOf(const google::protobuf::Message& message) {
  std::string json;
  // Fails only for messages with Any, which the contract has not.
  static_cast<void>(
      google::protobuf::util::MessageToJsonString(message, &json));
  return json;
}

HttpResponse JsonResponse(const google::protobuf::Message& message,
                          int status) {
  HttpResponse response;
  response.status = status;
  response.body = JsonOf(message) + "\n";
  return response;
}

}  // namespace stagecoach
