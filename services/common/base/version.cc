#include "services/common/base/version.h"

#include <elf.h>
#include <link.h>

#include <cstring>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace stagecoach {
namespace {

constexpr size_t kDigits = 12;

// The description of the build-id note among `notes`, or nothing.
absl::string_view FindBuildId(absl::string_view notes) {
  const auto padded = [](size_t size) { return (size + 3) & ~size_t{3}; };
  while (notes.size() >= sizeof(ElfW(Nhdr))) {
    ElfW(Nhdr) header;
    std::memcpy(&header, notes.data(), sizeof(header));
    const size_t name_size = padded(header.n_namesz);
    const size_t size = sizeof(header) + name_size + padded(header.n_descsz);
    if (size > notes.size()) break;
    const absl::string_view name =
        notes.substr(sizeof(header), header.n_namesz);
    if (header.n_type == NT_GNU_BUILD_ID &&
        name == absl::string_view("GNU", sizeof("GNU"))) {
      return notes.substr(sizeof(header) + name_size, header.n_descsz);
    }
    notes.remove_prefix(size);
  }
  return {};
}

// For dl_iterate_phdr, which reports the executable first: looks there and
// ends the iteration.
int ReadExecutable(dl_phdr_info* object, size_t, void* result) {
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = object->dlpi_phdr[i];
    if (segment.p_type != PT_NOTE) continue;
    const absl::string_view id = FindBuildId(absl::string_view(
        reinterpret_cast<const char*>(object->dlpi_addr + segment.p_vaddr),
        segment.p_memsz));
    if (id.empty()) continue;
    *static_cast<std::string*>(result) = absl::BytesToHexString(id);
    break;
  }
  return 1;
}

std::string ReadBuildId() {
  std::string digest;
  dl_iterate_phdr(&ReadExecutable, &digest);
  if (digest.empty()) return std::string(Revision());
  return absl::StrCat(Revision(), "-", digest.substr(0, kDigits));
}

}  // namespace

absl::string_view Version() { return STAGECOACH_VERSION; }

absl::string_view Revision() { return STAGECOACH_REVISION; }

const std::string& BuildId() {
  static const std::string& id = *new std::string(ReadBuildId());
  return id;
}

}  // namespace stagecoach
