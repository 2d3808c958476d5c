#include "services/common/model/model_kind.h"

#include <cmath>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace stagecoach {

#define STAGECOACH_MODEL_KIND(name) extern const ModelKind name;
#include "services/common/model/model_kinds.inc"
#undef STAGECOACH_MODEL_KIND

namespace {

constexpr const ModelKind* kKinds[] = {
#define STAGECOACH_MODEL_KIND(name) &name,
#include "services/common/model/model_kinds.inc"
#undef STAGECOACH_MODEL_KIND
};

}  // namespace

absl::Span<const ModelKind* const> ModelKinds() { return kKinds; }

std::vector<absl::string_view> ModelNames() {
  std::vector<absl::string_view> names;
  for (const ModelKind* kind : kKinds) names.push_back(kind->name);
  return names;
}

absl::StatusOr<const ModelKind*> FindModelKind(absl::string_view name) {
  for (const ModelKind* kind : kKinds) {
    if (kind->name == name) return kind;
  }
  return absl::FailedPreconditionError(
      absl::StrCat("there is no model '", name, "'; known are ",
                   absl::StrJoin(ModelNames(), ", ")));
}

std::vector<ParameterSpec> LinearParameters(absl::string_view name,
                                            int64_t input_size,
                                            int64_t output_size) {
  const double bound = 1.0 / std::sqrt(static_cast<double>(input_size));
  return {{absl::StrCat(name, ".weight"), {output_size, input_size}, bound},
          {absl::StrCat(name, ".bias"), {output_size}, bound}};
}

}  // namespace stagecoach
