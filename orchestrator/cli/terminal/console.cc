#include "orchestrator/cli/terminal/console.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace stagecoach {
namespace {

absl::string_view Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool TerminalIsAble() {
  return !Variable("TERM").empty() && Variable("TERM") != "dumb";
}

void WriteAll(int file, absl::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    text.remove_prefix(static_cast<size_t>(written));
  }
}

std::optional<TerminalSize> SizeOf(int file) {
  if (::isatty(file) == 0) return std::nullopt;
  winsize size = {};
  TerminalSize result;
  // Some terminals (serial lines, editors) do not say: the size of old then.
  if (::ioctl(file, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    result.columns = size.ws_col;
    if (size.ws_row > 0) result.rows = size.ws_row;
  }
  return result;
}

Layout LayoutFor(const std::optional<TerminalSize>& size, bool wants_color) {
  if (!size.has_value()) return {};
  return {size->columns, wants_color};
}

}  // namespace

Layout OutLayout(const Console& console) {
  return LayoutFor(console.OutSize(), console.wants_color());
}

Layout ErrLayout(const Console& console) {
  return LayoutFor(console.ErrSize(), console.wants_color());
}

StandardConsole::StandardConsole()
    : able_(TerminalIsAble()), wants_color_(Variable("NO_COLOR").empty()) {}

void StandardConsole::Out(absl::string_view text) {
  WriteAll(STDOUT_FILENO, text);
}

void StandardConsole::Err(absl::string_view text) {
  WriteAll(STDERR_FILENO, text);
}

std::optional<TerminalSize> StandardConsole::OutSize() const {
  return able_ ? SizeOf(STDOUT_FILENO) : std::nullopt;
}

std::optional<TerminalSize> StandardConsole::ErrSize() const {
  return able_ ? SizeOf(STDERR_FILENO) : std::nullopt;
}

}  // namespace stagecoach
