// Messages in tests, written as protobuf text.

#ifndef ORCHESTRATOR_CLI_TESTING_TEXT_PROTO_H_
#define ORCHESTRATOR_CLI_TESTING_TEXT_PROTO_H_

#include <cstdlib>
#include <string>

#include "google/protobuf/text_format.h"

namespace stagecoach {

// The message that `text` describes; dies if it describes none.
template <typename Message>
Message FromText(const std::string& text) {
  Message message;
  // The parser has already said on standard error what is wrong.
  if (!google::protobuf::TextFormat::ParseFromString(text, &message)) {
    std::abort();
  }
  return message;
}

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_TESTING_TEXT_PROTO_H_
