// When training ends before its last epoch, and which epoch's weights are
// kept.

#ifndef SERVICES_TRAIN_EARLY_STOPPING_H_
#define SERVICES_TRAIN_EARLY_STOPPING_H_

#include <cstdint>
#include <limits>

namespace stagecoach {

struct EarlyStopping {
  double best_loss = std::numeric_limits<double>::infinity();
  int64_t best_epoch = 0;

  // The state after `epoch`, which ended with `loss` on validation windows.
  EarlyStopping AfterEpoch(int64_t epoch, double loss) const {
    return loss < best_loss ? EarlyStopping{loss, epoch} : *this;
  }
  // Whether `epoch` is the `patience`-th in a row without a smaller loss.
  bool StopsAfter(int64_t epoch, int64_t patience) const {
    return epoch - best_epoch >= patience;
  }

  friend bool operator==(const EarlyStopping&, const EarlyStopping&) = default;
};

}  // namespace stagecoach

#endif  // SERVICES_TRAIN_EARLY_STOPPING_H_
