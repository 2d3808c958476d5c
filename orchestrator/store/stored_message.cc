#include "orchestrator/store/stored_message.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "google/protobuf/io/coded_stream.h"

namespace stagecoach {

absl::Status MergeMessage(absl::string_view store, absl::string_view bytes,
                          google::protobuf::MessageLite& message) {
  google::protobuf::io::CodedInputStream input(
      reinterpret_cast<const uint8_t*>(bytes.data()),
      static_cast<int>(bytes.size()));
  if (message.MergeFromCodedStream(&input) && input.ConsumedEntireMessage()) {
    return absl::OkStatus();
  }
  return absl::DataLossError(absl::StrCat(
      "store ", store, ": a ", message.GetTypeName(), " in it cannot be read"));
}

}  // namespace stagecoach
