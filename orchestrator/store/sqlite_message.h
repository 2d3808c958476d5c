// Messages out of the columns of an SQLite file.

#ifndef ORCHESTRATOR_STORE_SQLITE_MESSAGE_H_
#define ORCHESTRATOR_STORE_SQLITE_MESSAGE_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message_lite.h"
#include "orchestrator/store/sqlite_connection.h"

namespace stagecoach {

// Merges what is serialised in `bytes` into `message`. DATA_LOSS: it cannot be
// read.
absl::Status MergeMessage(const SqliteConnection& db, absl::string_view bytes,
                          google::protobuf::MessageLite& message);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_STORE_SQLITE_MESSAGE_H_
