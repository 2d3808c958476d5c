// Durations, numbers, sizes, shapes and times as people read them.
//
// All functions are pure.

#ifndef ORCHESTRATOR_CLI_RENDER_FORMAT_H_
#define ORCHESTRATOR_CLI_RENDER_FORMAT_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "google/protobuf/repeated_field.h"
#include "stagecoach/v1/artifact.pb.h"

namespace stagecoach {

// Two to three significant digits: `0.42 ms`, `12 ms`, `3.2 s`, `48 s`,
// `2 min 05 s`, `1 h 02 min`, `3 d 4 h`. Negative ones count as zero.
std::string DurationText(absl::Duration duration);

// As short as `significant` digits allow, without an exponent between 1e-4 and
// 1e9: `233.1`, `34211`, `0.00123`, `1.2e+12`, `nan`.
std::string NumberText(double value, int significant = 4);

// `812 B`, `43.1 KiB`, `1.2 GiB`.
std::string BytesText(int64_t bytes);

// `[96, 4, 1]`; a scalar is `[]`.
std::string ShapeText(const google::protobuf::RepeatedField<int64_t>& shape);

// Shape and element type of one tensor, the number of several, else the type:
// `[96, 4, 1] F32`, `6 tensors`, `report`.
std::string ArtifactKindText(const v1::Artifact& artifact);

// `2026-11-23 15:04:05` in `zone`, and the time of day alone.
std::string TimeText(absl::Time time, absl::TimeZone zone);
std::string TimeOfDayText(absl::Time time, absl::TimeZone zone);

// `just now`, `12 s ago`, `5 min ago`, `3 h ago`, `2 d ago`.
std::string AgeText(absl::Duration age);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_RENDER_FORMAT_H_
