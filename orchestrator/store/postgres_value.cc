#include "orchestrator/store/postgres_value.h"

#include <endian.h>
#include <libpq-fe.h>

#include <cstring>

namespace stagecoach {
namespace {

std::string BigEndian(int64_t value) {
  const uint64_t swapped = htobe64(static_cast<uint64_t>(value));
  return std::string(reinterpret_cast<const char*>(&swapped), sizeof(swapped));
}

void AppendInt32(std::string& to, uint32_t value) {
  const uint32_t swapped = htobe32(value);
  to.append(reinterpret_cast<const char*>(&swapped), sizeof(swapped));
}

// Takes four bytes off the front.
int32_t TakeInt32(absl::string_view& from) {
  uint32_t swapped = 0;
  std::memcpy(&swapped, from.data(), sizeof(swapped));
  from.remove_prefix(sizeof(swapped));
  return static_cast<int32_t>(be32toh(swapped));
}

}  // namespace

void PostgresArray::Add(int64_t value) { Add(BigEndian(value)); }

void PostgresArray::Add(absl::string_view bytes) {
  ++count_;
  AppendInt32(elements_, static_cast<uint32_t>(bytes.size()));
  elements_.append(bytes.data(), bytes.size());
}

void PostgresArray::AddNull() {
  ++count_;
  has_null_ = true;
  AppendInt32(elements_, static_cast<uint32_t>(-1));
}

// Source: array_recv in src/backend/utils/adt/arrayfuncs.c of PostgreSQL.
std::string PostgresArray::Encode() const {
  std::string encoded;
  AppendInt32(encoded, empty() ? 0 : 1);  // dimensions
  AppendInt32(encoded, has_null_ ? 1 : 0);
  AppendInt32(encoded, type_);
  if (empty()) return encoded;
  AppendInt32(encoded, static_cast<uint32_t>(count_));
  AppendInt32(encoded, 1);  // index of the first element
  return encoded + elements_;
}

PostgresValue::PostgresValue(int64_t value) : bytes_(BigEndian(value)) {}

PostgresRows::PostgresRows(pg_result* result) : result_(result, PQclear) {}

int PostgresRows::size() const { return PQntuples(result_.get()); }

int64_t PostgresRows::Integer(int row, int column) const {
  uint64_t swapped = 0;
  const absl::string_view bytes = Bytes(row, column);
  if (bytes.size() == sizeof(swapped)) {
    std::memcpy(&swapped, bytes.data(), sizeof(swapped));
  }
  return static_cast<int64_t>(be64toh(swapped));
}

absl::string_view PostgresRows::Bytes(int row, int column) const {
  return absl::string_view(PQgetvalue(result_.get(), row, column),
                           PQgetlength(result_.get(), row, column));
}

std::vector<absl::string_view> PostgresRows::Array(int row, int column) const {
  constexpr size_t kHeader = 3 * sizeof(int32_t);
  constexpr size_t kDimension = 2 * sizeof(int32_t);
  std::vector<absl::string_view> elements;
  absl::string_view rest = Bytes(row, column);
  if (rest.size() < kHeader + kDimension) return elements;
  rest.remove_prefix(kHeader);
  const int32_t count = TakeInt32(rest);
  rest.remove_prefix(sizeof(int32_t));
  for (int32_t i = 0; i < count; ++i) {
    const int32_t size = TakeInt32(rest);
    elements.push_back(rest.substr(0, size));
    rest.remove_prefix(size);
  }
  return elements;
}

}  // namespace stagecoach
