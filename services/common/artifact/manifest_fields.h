// Reads the fields of a JSON object whose first fault is to be reported once,
// at the end. Internal to this folder.

#ifndef SERVICES_COMMON_ARTIFACT_MANIFEST_FIELDS_H_
#define SERVICES_COMMON_ARTIFACT_MANIFEST_FIELDS_H_

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace stagecoach {

// Every getter gives the field's value, or, if it is missing or of another
// type, an empty one and a DATA_LOSS naming the field in `fault`, unless there
// is one already.
//
// Ownership: `object` and `fault` must outlive it.
class ManifestFields {
 public:
  // `path` is that of the object, e.g. `outputs[2].`; empty for the outermost.
  ManifestFields(const nlohmann::json& object, std::string path,
                 absl::Status* fault);

  // The value of whatever type; null if there is none.
  const nlohmann::json& Any(const std::string& name) const;
  std::string String(const std::string& name) const;
  int64_t Integer(const std::string& name) const;
  // A number, or one of the strings `NaN`, `Infinity` and `-Infinity`.
  double Number(const std::string& name) const;
  // All >= 0.
  std::vector<int64_t> Integers(const std::string& name) const;
  ManifestFields Object(const std::string& name) const;
  std::vector<ManifestFields> Objects(const std::string& name) const;

  // The names of all fields.
  std::vector<std::string> Names() const;

  // Unless `ok`, reports that the field is not `expected`.
  void Require(bool ok, const std::string& name,
               absl::string_view expected) const;

 private:
  const nlohmann::json& object_;
  const std::string path_;
  absl::Status* const fault_;
};

}  // namespace stagecoach

#endif  // SERVICES_COMMON_ARTIFACT_MANIFEST_FIELDS_H_
