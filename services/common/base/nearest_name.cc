#include "services/common/base/nearest_name.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace stagecoach {
namespace {

// Names are short; beyond this a guess helps nobody and costs quadratic time.
constexpr size_t kMaxLength = 128;
constexpr size_t kMaxListed = 20;

size_t Distance(absl::string_view a, absl::string_view b) {
  std::vector<size_t> before(b.size() + 1), last(b.size() + 1),
      row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min(
          {last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1])});
      const bool swapped =
          i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

}  // namespace

std::optional<std::string> NearestName(
    absl::string_view name, absl::Span<const std::string> candidates) {
  if (name.size() > kMaxLength) return std::nullopt;
  const std::string wanted = absl::AsciiStrToLower(name);
  const std::string* nearest = nullptr;
  size_t limit = std::max<size_t>(1, name.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > kMaxLength) continue;
    const size_t distance = Distance(wanted, absl::AsciiStrToLower(candidate));
    // A candidate of which nothing is left is no likeness.
    if (distance >= limit || distance >= candidate.size()) continue;
    nearest = &candidate;
    limit = distance;
  }
  if (nearest == nullptr) return std::nullopt;
  return *nearest;
}

std::string NearestNameHint(absl::string_view name,
                            absl::Span<const std::string> candidates) {
  if (candidates.empty()) return "";
  if (std::optional<std::string> nearest = NearestName(name, candidates)) {
    return absl::StrCat("; did you mean \"", *nearest, "\"?");
  }
  const absl::Span<const std::string> listed =
      candidates.subspan(0, kMaxListed);
  return absl::StrCat("; known are ", absl::StrJoin(listed, ", "),
                      listed.size() < candidates.size() ? ", …" : "");
}

}  // namespace stagecoach
