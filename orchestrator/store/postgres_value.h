// What goes into and comes out of PostgreSQL's binary protocol.

#ifndef ORCHESTRATOR_STORE_POSTGRES_VALUE_H_
#define ORCHESTRATOR_STORE_POSTGRES_VALUE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

struct pg_result;

namespace stagecoach {

// An array of one dimension, to hand many rows to one statement: BIGINT[],
// TEXT[] or BYTEA[].
class PostgresArray {
 public:
  static PostgresArray Integers() { return PostgresArray(kBigint); }
  static PostgresArray Texts() { return PostgresArray(kText); }
  static PostgresArray Bytes() { return PostgresArray(kBytea); }

  // An element of the array's own kind.
  void Add(int64_t value);
  void Add(absl::string_view bytes);
  void AddNull();

  bool empty() const { return count_ == 0; }

 private:
  friend class PostgresValue;
  // The numbers of PostgreSQL's own types, from its catalogue.
  enum Type : uint32_t { kBytea = 17, kBigint = 20, kText = 25 };
  explicit PostgresArray(Type type) : type_(type) {}
  std::string Encode() const;

  Type type_;
  int32_t count_ = 0;
  bool has_null_ = false;
  std::string elements_;
};

// The value of a parameter: BIGINT, TEXT or BYTEA, an array of them, or NULL.
class PostgresValue {
 public:
  PostgresValue() = default;  // NULL
  // NOLINTBEGIN(google-explicit-constructor): a list of values reads as one.
  PostgresValue(int64_t value);
  PostgresValue(absl::string_view bytes) : bytes_(std::string(bytes)) {}
  PostgresValue(const std::string& bytes) : bytes_(bytes) {}
  PostgresValue(const char* text) : bytes_(text) {}
  PostgresValue(const PostgresArray& array) : bytes_(array.Encode()) {}
  // NOLINTEND(google-explicit-constructor)

  // As the protocol has it; null: NULL.
  const char* data() const { return bytes_ ? bytes_->data() : nullptr; }
  int size() const { return bytes_ ? static_cast<int>(bytes_->size()) : 0; }

 private:
  std::optional<std::string> bytes_;
};

// A statement with its parameters. `sql` is a constant: a connection prepares
// it once and keeps it under its address.
struct PostgresStatement {
  const char* sql;
  std::vector<PostgresValue> values = {};
};

// What a statement has returned.
class PostgresRows {
 public:
  // Takes `result`.
  explicit PostgresRows(pg_result* result);

  int size() const;
  bool empty() const { return size() == 0; }

  // A column, from 0, of a row, from 0, by its type: BIGINT; TEXT or BYTEA;
  // BYTEA[]. Valid as long as the rows are; what is NULL is 0 or empty.
  int64_t Integer(int row, int column) const;
  absl::string_view Bytes(int row, int column) const;
  std::vector<absl::string_view> Array(int row, int column) const;

 private:
  std::shared_ptr<pg_result> result_;
};

}  // namespace stagecoach

#endif  // ORCHESTRATOR_STORE_POSTGRES_VALUE_H_
