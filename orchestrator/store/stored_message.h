// Messages out of the columns of a store.

#ifndef ORCHESTRATOR_STORE_STORED_MESSAGE_H_
#define ORCHESTRATOR_STORE_STORED_MESSAGE_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message_lite.h"

namespace stagecoach {

// Merges what is serialised in `bytes`, which come out of store `store`, into
// `message`. DATA_LOSS: it cannot be read.
absl::Status MergeMessage(absl::string_view store, absl::string_view bytes,
                          google::protobuf::MessageLite& message);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_STORE_STORED_MESSAGE_H_
