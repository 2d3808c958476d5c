#include "orchestrator/cache/cache_key.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "orchestrator/pipeline/canonical_bytes.h"
#include "services/common/base/sha256.h"
#include "services/common/contract/parameter_value.h"

namespace stagecoach {
namespace {

// Longer texts stand in the record by their digest.
constexpr size_t kMaxText = 200;

std::string Quoted(const std::string& text) {
  return absl::StrCat("\"", absl::CEscape(text), "\"");
}

// A text that differs for values that differ, in kind too.
std::string ValueText(const v1::ParameterValue& value) {
  std::string text;
  if (value.has_string_value()) {
    text = Quoted(value.string_value());
  } else if (value.has_string_list_value()) {
    text = absl::StrCat(
        "[",
        absl::StrJoin(value.string_list_value().values(), ", ",
                      [](std::string* out, const std::string& one) {
                        absl::StrAppend(out, Quoted(one));
                      }),
        "]");
  } else {
    text = QuotedParameterValue(value);
  }
  if (text.size() <= kMaxText) return text;
  return absl::StrCat("sha256:", Sha256Hex(text));
}

}  // namespace

v1::CacheLookup MakeCacheKey(const v1::StageDescription& stage,
                             const ResolvedParameters& parameters,
                             const InputDigests& inputs) {
  v1::CacheLookup lookup;
  auto& parts = *lookup.mutable_key_parts();
  parts["stage"] = stage.name();
  parts["build_id"] = stage.build_id();
  for (const auto& [name, value] : parameters) {
    parts[absl::StrCat("parameter.", name)] = ValueText(value);
  }
  for (const auto& [name, digest] : inputs) {
    parts[absl::StrCat("input.", name)] = digest;
  }
  lookup.set_key(Sha256Hex(CanonicalBytes(lookup)));
  return lookup;
}

}  // namespace stagecoach
