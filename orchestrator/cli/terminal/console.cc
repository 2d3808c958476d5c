#include "orchestrator/cli/terminal/console.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "orchestrator/cli/render/text.h"

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

// What the environment says of the encoding; the locale itself need not be
// installed.
bool LocaleIsUtf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const absl::string_view locale = Variable(name);
    if (locale.empty()) continue;
    const std::string lower = absl::AsciiStrToLower(locale);
    return absl::StrContains(lower, "utf-8") ||
           absl::StrContains(lower, "utf8");
  }
  return false;
}

Layout LayoutFor(const Console& console,
                 const std::optional<TerminalSize>& size) {
  Layout layout;
  layout.unicode = console.has_unicode();
  if (!size.has_value()) return layout;
  layout.width = size->columns;
  layout.color = console.wants_color();
  return layout;
}

}  // namespace

Layout OutLayout(const Console& console) {
  return LayoutFor(console, console.OutSize());
}

Layout ErrLayout(const Console& console) {
  return LayoutFor(console, console.ErrSize());
}

StandardConsole::StandardConsole()
    : able_(TerminalIsAble()),
      wants_color_(Variable("NO_COLOR").empty()),
      has_unicode_(LocaleIsUtf8()) {}

void StandardConsole::Write(int file, absl::string_view text) const {
  if (has_unicode_ || ::isatty(file) == 0) return WriteAll(file, text);
  WriteAll(file, ToAscii(text));
}

void StandardConsole::Out(absl::string_view text) {
  Write(STDOUT_FILENO, text);
}

void StandardConsole::Err(absl::string_view text) {
  Write(STDERR_FILENO, text);
}

std::optional<TerminalSize> StandardConsole::OutSize() const {
  return able_ ? SizeOf(STDOUT_FILENO) : std::nullopt;
}

std::optional<TerminalSize> StandardConsole::ErrSize() const {
  return able_ ? SizeOf(STDERR_FILENO) : std::nullopt;
}

}  // namespace stagecoach
