// Keys of the rows that belong to a run; see sqlite_sql.h.

#ifndef ORCHESTRATOR_STORE_SQLITE_KEY_H_
#define ORCHESTRATOR_STORE_SQLITE_KEY_H_

#include <cstdint>

namespace stagecoach {

inline constexpr int64_t kMaxOrdinal = 0xffff'ffff;

// The key of the `ordinal`th thing of run `number`; number below 2^31.
constexpr int64_t SqliteKey(int64_t number, int64_t ordinal) {
  return (number << 32) | ordinal;
}

// The ordinal that `key` was made with.
constexpr int64_t OrdinalOf(int64_t key) { return key & kMaxOrdinal; }

// The keys of run `number` are from FirstKey up to and without EndKey.
constexpr int64_t FirstKey(int64_t number) { return SqliteKey(number, 0); }
constexpr int64_t EndKey(int64_t number) { return SqliteKey(number + 1, 0); }

}  // namespace stagecoach

#endif  // ORCHESTRATOR_STORE_SQLITE_KEY_H_
