// Opens the store that a URL names.

#ifndef ORCHESTRATOR_STORE_OPEN_STORE_H_
#define ORCHESTRATOR_STORE_OPEN_STORE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "orchestrator/store/store.h"

namespace stagecoach {

// Knows `sqlite:PATH` (a file, made if it is not there, in a directory that
// is; see sqlite_store.h), `postgresql://…` (a database, as libpq reads it; see
// postgres_store.h) and `memory:` (forgotten when the process ends).
//
// INVALID_ARGUMENT: another URL, with the known ones. Otherwise as
// SqliteStore::Open and PostgresStore::Open.
absl::StatusOr<std::unique_ptr<Store>> OpenStore(absl::string_view url);

// The URL as it may be shown: without password and options.
std::string StoreName(absl::string_view url);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_STORE_OPEN_STORE_H_
