#include "orchestrator/store/open_store.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "orchestrator/store/memory_store.h"
#include "orchestrator/store/sqlite_store.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {

absl::StatusOr<std::unique_ptr<Store>> OpenStore(absl::string_view url) {
  if (url == "memory:") return std::make_unique<MemoryStore>();
  if (absl::string_view path = url; absl::ConsumePrefix(&path, "sqlite:")) {
    SqliteStoreOptions options;
    options.path = std::string(path);
    SC_ASSIGN_OR_RETURN(std::unique_ptr<SqliteStore> store,
                        SqliteStore::Open(options));
    return store;
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "store \"", url, "\" is not known; it must be sqlite:PATH or memory:"));
}

}  // namespace stagecoach
