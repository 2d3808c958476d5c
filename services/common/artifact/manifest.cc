#include "services/common/artifact/manifest.h"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "services/common/artifact/manifest_fields.h"
#include "services/common/base/sha256.h"
#include "services/common/base/status_macros.h"
#include "services/common/contract/artifact_types.h"
#include "services/common/contract/proto_time.h"

namespace stagecoach {
namespace {

// Keeps the order in which a person reads it.
using Json = nlohmann::ordered_json;

constexpr int64_t kFormatVersion = 1;

std::string TimeText(absl::Time time) {
  return absl::FormatTime(absl::RFC3339_full, time, absl::UTCTimeZone());
}

Json NumberJson(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return value;
}

Json ParameterJson(const v1::ParameterValue& value) {
  switch (value.kind_case()) {
    case v1::ParameterValue::kIntegerValue:
      return value.integer_value();
    case v1::ParameterValue::kNumberValue:
      return NumberJson(value.number_value());
    case v1::ParameterValue::kStringValue:
      return value.string_value();
    case v1::ParameterValue::kBooleanValue:
      return value.boolean_value();
    case v1::ParameterValue::kStringListValue: {
      Json texts = Json::array();
      for (const std::string& text : value.string_list_value().values()) {
        texts.push_back(text);
      }
      return texts;
    }
    case v1::ParameterValue::KIND_NOT_SET:
      break;
  }
  return nullptr;
}

double SecondsOf(const google::protobuf::Duration& duration) {
  return absl::ToDoubleSeconds(FromProtoDuration(duration));
}

Json OutputJson(const v1::Artifact& output) {
  Json tensors = Json::array();
  for (const v1::TensorInfo& tensor : output.tensors()) {
    Json shape = Json::array();
    for (int64_t length : tensor.shape()) shape.push_back(length);
    tensors.push_back({{"name", tensor.name()},
                       {"dtype", tensor.dtype()},
                       {"shape", std::move(shape)}});
  }
  // Sorted, so that equal outputs give equal manifests.
  const std::map<std::string, std::string> metadata(output.metadata().begin(),
                                                    output.metadata().end());
  Json json = {{"name", output.name()},
               {"type", std::string(ArtifactTypeName(output.type()))},
               {"file", std::string(LastSegment(output.uri()))},
               {"size_bytes", output.size_bytes()},
               {"sha256", output.sha256()},
               {"tensors", std::move(tensors)},
               {"metadata", Json::object()}};
  for (const auto& [key, value] : metadata) json["metadata"][key] = value;
  return json;
}

Json InputsJson(const Manifest& manifest) {
  Json json = Json::object();
  for (const auto& [name, input] : manifest.inputs) {
    json[name] = {{"uri", input.uri()},
                  {"size_bytes", input.size_bytes()},
                  {"sha256", input.sha256()}};
  }
  return json;
}

Json MetricsJson(const v1::ExecutionResult& result) {
  const std::map<std::string, double> sorted(result.metrics().begin(),
                                             result.metrics().end());
  Json json = Json::object();
  for (const auto& [name, value] : sorted) json[name] = NumberJson(value);
  return json;
}

v1::ParameterValue ReadParameter(const ManifestFields& fields,
                                 const std::string& name) {
  v1::ParameterValue value;
  const nlohmann::json& json = fields.Any(name);
  if (json.is_number_integer()) {
    value.set_integer_value(fields.Integer(name));
  } else if (json.is_boolean()) {
    value.set_boolean_value(json.get<bool>());
  } else if (json.is_string()) {
    value.set_string_value(fields.String(name));
  } else {
    value.set_number_value(fields.Number(name));
  }
  return value;
}

v1::TensorInfo ReadTensor(const ManifestFields& fields) {
  v1::TensorInfo tensor;
  tensor.set_name(fields.String("name"));
  tensor.set_dtype(fields.String("dtype"));
  for (int64_t length : fields.Integers("shape")) tensor.add_shape(length);
  return tensor;
}

v1::Artifact ReadOutput(const ManifestFields& fields,
                        const ArtifactUri& prefix) {
  v1::Artifact output;
  output.set_name(fields.String("name"));
  const absl::StatusOr<ArtifactUri> uri = prefix.Join(fields.String("file"));
  fields.Require(uri.ok(), "file", "the name of a file beside the manifest");
  if (uri.ok()) output.set_uri(uri->ToString());
  const auto type = ParseArtifactType(fields.String("type"));
  fields.Require(type.ok(), "type", "a type of artifact");
  if (type.ok()) output.set_type(*type);
  output.set_size_bytes(fields.Integer("size_bytes"));
  fields.Require(output.size_bytes() >= 0, "size_bytes", "at least 0");
  output.set_sha256(fields.String("sha256"));
  fields.Require(IsSha256Hex(output.sha256()), "sha256",
                 "64 lower-case hexadecimal digits");
  for (const ManifestFields& tensor : fields.Objects("tensors")) {
    *output.add_tensors() = ReadTensor(tensor);
  }
  const ManifestFields metadata = fields.Object("metadata");
  for (const std::string& key : metadata.Names()) {
    (*output.mutable_metadata())[key] = metadata.String(key);
  }
  return output;
}

google::protobuf::Duration ReadSeconds(const ManifestFields& fields,
                                       const std::string& name) {
  // More than any attempt takes, and far from where durations overflow.
  constexpr double kMost = 1e9;
  const double seconds = fields.Number(name);
  const bool ok = seconds >= 0 && seconds <= kMost;
  fields.Require(ok, name, "a number of seconds from 0 to 1e9");
  return ToProtoDuration(absl::Seconds(ok ? seconds : 0));
}

absl::Time ReadTime(const ManifestFields& fields, const std::string& name) {
  absl::Time time;
  std::string fault;
  fields.Require(
      absl::ParseTime(absl::RFC3339_full, fields.String(name), &time, &fault),
      name, "a time like 2026-01-31T12:00:00Z");
  return time;
}

void ReadInputs(const ManifestFields& inputs, Manifest* manifest) {
  for (const std::string& name : inputs.Names()) {
    const ManifestFields fields = inputs.Object(name);
    v1::Artifact& input = manifest->inputs[name];
    input.set_name(name);
    input.set_uri(fields.String("uri"));
    input.set_size_bytes(fields.Integer("size_bytes"));
    input.set_sha256(fields.String("sha256"));
  }
}

void ReadResult(const ManifestFields& fields, const ArtifactUri& prefix,
                v1::ExecutionResult* result) {
  for (const ManifestFields& output : fields.Objects("outputs")) {
    *result->add_outputs() = ReadOutput(output, prefix);
  }
  const ManifestFields metrics = fields.Object("metrics");
  for (const std::string& name : metrics.Names()) {
    (*result->mutable_metrics())[name] = metrics.Number(name);
  }
  const ManifestFields times = fields.Object("times");
  v1::PhaseTimes& phases = *result->mutable_times();
  *phases.mutable_queue() = ReadSeconds(times, "queue_seconds");
  *phases.mutable_read() = ReadSeconds(times, "read_seconds");
  *phases.mutable_compute() = ReadSeconds(times, "compute_seconds");
  *phases.mutable_write() = ReadSeconds(times, "write_seconds");
}

Manifest ReadFields(const ManifestFields& fields, const ArtifactUri& prefix) {
  Manifest manifest;
  fields.Require(fields.Integer("format_version") == kFormatVersion,
                 "format_version", absl::StrCat(kFormatVersion));
  manifest.execution_id = fields.String("execution_id");
  const ManifestFields stage = fields.Object("stage");
  manifest.stage = stage.String("name");
  manifest.stage_version = stage.String("version");
  manifest.result.set_build_id(stage.String("build_id"));
  manifest.started = ReadTime(fields, "started");
  manifest.finished = ReadTime(fields, "finished");
  const ManifestFields parameters = fields.Object("parameters");
  for (const std::string& name : parameters.Names()) {
    manifest.parameters[name] = ReadParameter(parameters, name);
  }
  ReadInputs(fields.Object("inputs"), &manifest);
  ReadResult(fields, prefix, &manifest.result);
  return manifest;
}

}  // namespace

std::string FormatManifest(const Manifest& manifest) {
  const v1::PhaseTimes& times = manifest.result.times();
  Json parameters = Json::object();
  for (const auto& [name, value] : manifest.parameters) {
    parameters[name] = ParameterJson(value);
  }
  Json outputs = Json::array();
  for (const v1::Artifact& output : manifest.result.outputs()) {
    outputs.push_back(OutputJson(output));
  }
  const Json json = {{"format_version", kFormatVersion},
                     {"execution_id", manifest.execution_id},
                     {"stage",
                      {{"name", manifest.stage},
                       {"version", manifest.stage_version},
                       {"build_id", manifest.result.build_id()}}},
                     {"started", TimeText(manifest.started)},
                     {"finished", TimeText(manifest.finished)},
                     {"parameters", std::move(parameters)},
                     {"inputs", InputsJson(manifest)},
                     {"outputs", std::move(outputs)},
                     {"metrics", MetricsJson(manifest.result)},
                     {"times",
                      {{"queue_seconds", SecondsOf(times.queue())},
                       {"read_seconds", SecondsOf(times.read())},
                       {"compute_seconds", SecondsOf(times.compute())},
                       {"write_seconds", SecondsOf(times.write())}}}};
  // Text from the stage's code need not be UTF-8; JSON must be.
  constexpr int kIndent = 2;
  return json.dump(kIndent, ' ', false, Json::error_handler_t::replace) + "\n";
}

absl::StatusOr<Manifest> ParseManifest(absl::string_view text,
                                       const ArtifactUri& prefix) {
  const std::string where = absl::StrCat(prefix.ToString(), "/", kManifestName);
  const nlohmann::json json = nlohmann::json::parse(
      text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) {
    return absl::DataLossError(absl::StrCat(where, " is not JSON"));
  }
  absl::Status fault;
  Manifest manifest = ReadFields(ManifestFields(json, "", &fault), prefix);
  SC_RETURN_IF_ERROR(fault, where);
  return manifest;
}

}  // namespace stagecoach
