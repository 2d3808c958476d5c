#include "orchestrator/cli/render/format.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "orchestrator/cli/render/text.h"
#include "services/common/contract/artifact_types.h"

namespace stagecoach {
namespace {

// `value` with at most `decimals` decimals, without trailing zeros.
std::string Fixed(double value, int decimals) {
  std::string text = absl::StrFormat("%.*f", decimals, value);
  if (!absl::StrContains(text, '.')) return text;
  text.erase(text.find_last_not_of('0') + 1);
  if (absl::EndsWith(text, ".")) text.pop_back();
  return text == "-0" ? "0" : text;
}

// Units below a minute. The limits are where rounding would reach the next.
std::string FormatShort(double seconds) {
  if (seconds < 0.00095) return absl::StrFormat("%.2f ms", seconds * 1e3);
  if (seconds < 0.0095) return absl::StrFormat("%.1f ms", seconds * 1e3);
  if (seconds < 0.0995) return absl::StrFormat("%.0f ms", seconds * 1e3);
  if (seconds < 0.995) return absl::StrFormat("%.2f s", seconds);
  if (seconds < 9.95) return absl::StrFormat("%.1f s", seconds);
  return absl::StrFormat("%.0f s", seconds);
}

std::string FormatLong(int64_t seconds) {
  const int64_t minutes = seconds / 60;
  if (minutes < 60) {
    return absl::StrFormat("%d min %02d s", minutes, seconds % 60);
  }
  const int64_t hours = minutes / 60;
  if (hours < 48) return absl::StrFormat("%d h %02d min", hours, minutes % 60);
  return absl::StrFormat("%d d %d h", hours / 24, hours % 24);
}

}  // namespace

std::string DurationText(absl::Duration duration) {
  const double seconds =
      absl::ToDoubleSeconds(std::max(duration, absl::ZeroDuration()));
  if (seconds == 0) return "0 ms";
  if (seconds < 59.5) return FormatShort(seconds);
  return FormatLong(std::llround(seconds));
}

std::string NumberText(double value, int significant) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  if (value == 0) return "0";
  const double magnitude = std::floor(std::log10(std::fabs(value)));
  if (magnitude < -4 || magnitude >= 9) {
    return absl::StrFormat("%.*g", significant, value);
  }
  const int decimals =
      std::max(0, significant - 1 - static_cast<int>(magnitude));
  return Fixed(value, decimals);
}

std::string BytesText(int64_t bytes) {
  constexpr absl::string_view kUnits[] = {"KiB", "MiB", "GiB", "TiB"};
  if (bytes < 1024) return absl::StrCat(bytes, " B");
  double value = static_cast<double>(bytes) / 1024;
  size_t unit = 0;
  while (value >= 1023.95 && unit + 1 < std::size(kUnits)) {
    value /= 1024;
    ++unit;
  }
  return absl::StrFormat("%.1f %s", value, kUnits[unit]);
}

std::string ShapeText(const google::protobuf::RepeatedField<int64_t>& shape) {
  return absl::StrCat("[", absl::StrJoin(shape, ", "), "]");
}

std::string ArtifactKindText(const v1::Artifact& artifact) {
  if (artifact.tensors_size() == 1) {
    const v1::TensorInfo& tensor = artifact.tensors(0);
    return absl::StrCat(ShapeText(tensor.shape()), " ",
                        Printable(tensor.dtype()));
  }
  if (artifact.tensors_size() > 1) {
    return Plural(artifact.tensors_size(), "tensor");
  }
  return std::string(ArtifactTypeName(artifact.type()));
}

std::string TimeText(absl::Time time, absl::TimeZone zone) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%S", time, zone);
}

std::string TimeOfDayText(absl::Time time, absl::TimeZone zone) {
  return absl::FormatTime("%H:%M:%S", time, zone);
}

std::string AgeText(absl::Duration age) {
  const int64_t seconds = absl::ToInt64Seconds(age);
  if (seconds < 1) return "just now";
  if (seconds < 60) return absl::StrCat(seconds, " s ago");
  if (seconds < 3600) return absl::StrCat(seconds / 60, " min ago");
  if (seconds < 48 * 3600) return absl::StrCat(seconds / 3600, " h ago");
  return absl::StrCat(seconds / 86400, " d ago");
}

}  // namespace stagecoach
