#include "orchestrator/store/open_store.h"

#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "orchestrator/store/memory_store.h"
#include "orchestrator/store/postgres_store.h"
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
  if (absl::StartsWith(url, "postgresql://") ||
      absl::StartsWith(url, "postgres://")) {
    PostgresStoreOptions options;
    options.url = std::string(url);
    SC_ASSIGN_OR_RETURN(std::unique_ptr<PostgresStore> store,
                        PostgresStore::Open(options));
    return store;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("store \"", url,
                   "\" is not known; it must be sqlite:PATH, "
                   "postgresql://USER:PASSWORD@HOST/DATABASE or memory:"));
}

std::string StoreName(absl::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme == absl::string_view::npos) return std::string(url);
  const absl::string_view rest = url.substr(scheme + 3);
  const absl::string_view shown = rest.substr(0, rest.find('?'));
  const size_t at = shown.rfind('@');
  if (at == absl::string_view::npos)
    return absl::StrCat(url.substr(0, scheme), "://", shown);
  const absl::string_view user = shown.substr(0, at);
  return absl::StrCat(url.substr(0, scheme), "://",
                      user.substr(0, user.find(':')), shown.substr(at));
}

}  // namespace stagecoach
