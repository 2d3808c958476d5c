#include "services/common/artifact/manifest_fields.h"

#include <limits>

#include "absl/strings/str_cat.h"

namespace stagecoach {
namespace {

const nlohmann::json& Null() {
  static const nlohmann::json& null = *new nlohmann::json;
  return null;
}

bool FitsInt64(const nlohmann::json& value) {
  if (!value.is_number_integer()) return false;
  return !value.is_number_unsigned() ||
         value.get<uint64_t>() <=
             static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
}

}  // namespace

ManifestFields::ManifestFields(const nlohmann::json& object, std::string path,
                               absl::Status* fault)
    : object_(object), path_(std::move(path)), fault_(fault) {
  if (!object_.is_object() && fault_->ok()) {
    *fault_ = absl::DataLossError(absl::StrCat(
        path_.empty() ? "the manifest" : path_, " is not a JSON object"));
  }
}

const nlohmann::json& ManifestFields::Any(const std::string& name) const {
  if (!object_.is_object()) return Null();
  const auto found = object_.find(name);
  return found == object_.end() ? Null() : *found;
}

std::string ManifestFields::String(const std::string& name) const {
  const nlohmann::json& value = Any(name);
  Require(value.is_string(), name, "a string");
  return value.is_string() ? value.get<std::string>() : std::string();
}

int64_t ManifestFields::Integer(const std::string& name) const {
  const nlohmann::json& value = Any(name);
  const bool ok = FitsInt64(value);
  Require(ok, name, "a whole number of 64 bits");
  return ok ? value.get<int64_t>() : 0;
}

double ManifestFields::Number(const std::string& name) const {
  const nlohmann::json& value = Any(name);
  if (value.is_number()) return value.get<double>();
  if (value == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (value == "Infinity") return std::numeric_limits<double>::infinity();
  if (value == "-Infinity") return -std::numeric_limits<double>::infinity();
  Require(false, name, "a number");
  return 0;
}

std::vector<int64_t> ManifestFields::Integers(const std::string& name) const {
  const nlohmann::json& value = Any(name);
  Require(value.is_array(), name, "an array");
  std::vector<int64_t> result;
  if (!value.is_array()) return result;
  for (const nlohmann::json& element : value) {
    const bool ok = FitsInt64(element) && element.get<int64_t>() >= 0;
    Require(ok, name, "an array of whole numbers >= 0");
    if (ok) result.push_back(element.get<int64_t>());
  }
  return result;
}

ManifestFields ManifestFields::Object(const std::string& name) const {
  return ManifestFields(Any(name), absl::StrCat(path_, name, "."), fault_);
}

std::vector<ManifestFields> ManifestFields::Objects(
    const std::string& name) const {
  const nlohmann::json& value = Any(name);
  Require(value.is_array(), name, "an array");
  std::vector<ManifestFields> result;
  if (!value.is_array()) return result;
  for (size_t i = 0; i < value.size(); ++i) {
    result.emplace_back(value[i], absl::StrCat(path_, name, "[", i, "]."),
                        fault_);
  }
  return result;
}

std::vector<std::string> ManifestFields::Names() const {
  std::vector<std::string> names;
  if (!object_.is_object()) return names;
  for (const auto& [name, value] : object_.items()) names.push_back(name);
  return names;
}

void ManifestFields::Require(bool ok, const std::string& name,
                             absl::string_view expected) const {
  if (ok || !fault_->ok()) return;
  *fault_ = absl::DataLossError(
      absl::StrCat("field ", path_, name, " is missing or not ", expected));
}

}  // namespace stagecoach
