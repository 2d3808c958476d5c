// Where the command writes to, behind an interface.

#ifndef ORCHESTRATOR_CLI_TERMINAL_CONSOLE_H_
#define ORCHESTRATOR_CLI_TERMINAL_CONSOLE_H_

#include <optional>

#include "absl/strings/string_view.h"
#include "orchestrator/cli/render/style.h"

namespace stagecoach {

struct TerminalSize {
  int columns = 80;
  int rows = 24;
};

// Standard output takes results, standard error everything else.
//
// Threads: one at a time.
class Console {
 public:
  virtual ~Console() = default;

  // Write as they are, at once. What cannot be written is lost.
  virtual void Out(absl::string_view text) = 0;
  virtual void Err(absl::string_view text) = 0;

  // The size as of now; nothing if it is not a terminal that can move the
  // cursor.
  virtual std::optional<TerminalSize> OutSize() const = 0;
  virtual std::optional<TerminalSize> ErrSize() const = 0;

  // Whether colours are wanted where there is a terminal.
  virtual bool wants_color() const = 0;

  // Whether characters beyond ASCII can be shown.
  virtual bool has_unicode() const = 0;
};

// How to render for standard output and standard error.
Layout OutLayout(const Console& console);
Layout ErrLayout(const Console& console);

// The console of this process. TERM=dumb, or none, is no terminal; NO_COLOR
// (https://no-color.org) turns colours off. On a terminal whose locale is not
// UTF-8, each character beyond ASCII is replaced by one of ASCII; files and
// pipes are given UTF-8 always, because programs read them.
class StandardConsole final : public Console {
 public:
  StandardConsole();

  void Out(absl::string_view text) override;
  void Err(absl::string_view text) override;
  std::optional<TerminalSize> OutSize() const override;
  std::optional<TerminalSize> ErrSize() const override;
  bool wants_color() const override { return wants_color_; }
  bool has_unicode() const override { return has_unicode_; }

 private:
  void Write(int file, absl::string_view text) const;

  const bool able_;
  const bool wants_color_;
  const bool has_unicode_;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_CLI_TERMINAL_CONSOLE_H_
