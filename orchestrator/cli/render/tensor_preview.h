// What is in a safetensors file, in a line or a page.
//
// All functions are pure.

#ifndef ORCHESTRATOR_CLI_RENDER_TENSOR_PREVIEW_H_
#define ORCHESTRATOR_CLI_RENDER_TENSOR_PREVIEW_H_

#include <cstdint>
#include <string>

#include "orchestrator/cli/render/style.h"
#include "services/common/artifact/safetensors.h"

namespace stagecoach {

// The element at `index` (from 0, row-major) as a number. `index` must be
// within the tensor. F16 and BF16 are widened.
double TensorElement(const TensorView& tensor, int64_t index);

// `112 118 132 … 390 432`: the first and last elements, at most `most` (>= 2)
// of them.
std::string ElementsText(const TensorView& tensor, int64_t most);

// The elements of a single tensor; names and shapes of the
// first of several.
std::string TensorsLine(const SafetensorsView& view);

// A table of the tensors with shape, smallest, mean and largest element; the
// first and last rows of as many as fit about `most_lines`; the metadata.
std::string TensorsPage(const SafetensorsView& view, int most_lines,
                        const Layout& layout);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_RENDER_TENSOR_PREVIEW_H_
