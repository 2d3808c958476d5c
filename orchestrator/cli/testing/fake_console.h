// A console that remembers what was written.

#ifndef ORCHESTRATOR_CLI_TESTING_FAKE_CONSOLE_H_
#define ORCHESTRATOR_CLI_TESTING_FAKE_CONSOLE_H_

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "orchestrator/cli/terminal/console.h"

namespace stagecoach {

// No terminal, unless a test gives it a size.
//
// Threads: one at a time.
class FakeConsole final : public Console {
 public:
  void Out(absl::string_view text) override { absl::StrAppend(&out, text); }
  void Err(absl::string_view text) override { absl::StrAppend(&err, text); }
  std::optional<TerminalSize> OutSize() const override { return out_size; }
  std::optional<TerminalSize> ErrSize() const override { return err_size; }
  bool wants_color() const override { return color; }
  bool has_unicode() const override { return unicode; }

  std::string out;
  std::string err;
  std::optional<TerminalSize> out_size;
  std::optional<TerminalSize> err_size;
  bool color = false;
  bool unicode = true;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_TESTING_FAKE_CONSOLE_H_
