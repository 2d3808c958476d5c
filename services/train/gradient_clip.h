// Gradients of bounded length.

#ifndef SERVICES_TRAIN_GRADIENT_CLIP_H_
#define SERVICES_TRAIN_GRADIENT_CLIP_H_

#include <ATen/core/Tensor.h>

#include <vector>

namespace stagecoach {

// The gradients, scaled together so that the 2-norm of all their values is at
// most `maximum` > 0, as torch.nn.utils.clip_grad_norm_ does. Gradients may
// share memory: none is changed. Errors: libtorch's exceptions pass through.
std::vector<at::Tensor> ClipGradients(const std::vector<at::Tensor>& gradients,
                                      double maximum);

}  // namespace stagecoach

#endif  // SERVICES_TRAIN_GRADIENT_CLIP_H_
