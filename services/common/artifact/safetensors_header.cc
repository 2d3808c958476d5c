#include "services/common/artifact/safetensors_header.h"

#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "services/common/artifact/utf8.h"

namespace stagecoach {
namespace {

using Json = nlohmann::json;

constexpr absl::string_view kMetadataKey = "__metadata__";
constexpr size_t kMaxShown = 64;
// More than any tensor has; keeps a hostile header from wasting memory.
constexpr size_t kMaxDimensions = 64;

bool FindDtype(absl::string_view name, Dtype* dtype) {
  for (Dtype known :
       {Dtype::kBool, Dtype::kU8, Dtype::kI8, Dtype::kI16, Dtype::kI32,
        Dtype::kI64, Dtype::kF16, Dtype::kBF16, Dtype::kF32, Dtype::kF64}) {
    if (name != DtypeName(known)) continue;
    *dtype = known;
    return true;
  }
  return false;
}

// Receives the parser's events and accepts just the format:
//   {"__metadata__": {string: string…},
//    name: {"dtype": string, "shape": [integer…],
//           "data_offsets": [integer, integer]}…}
// Each callback returns whether to go on; the fault says why not.
class HeaderReader final : public nlohmann::json_sax<Json> {
 public:
  absl::Status fault() const { return fault_; }
  ParsedSafetensorsHeader Take() { return std::move(header_); }

  bool null() override { return Unexpected("null"); }
  bool boolean(bool) override { return Unexpected("true or false"); }
  bool number_integer(number_integer_t value) override {
    return Refuse(absl::StrCat("has the negative number ", value));
  }
  bool number_float(number_float_t, const string_t& text) override {
    return Refuse(absl::StrCat("has the number ", PrintableText(text, 32),
                               "; only whole numbers below 2^63 are allowed"));
  }
  bool binary(binary_t&) override { return Unexpected("binary data"); }

  bool number_unsigned(number_unsigned_t value) override {
    if (value > uint64_t{std::numeric_limits<int64_t>::max()}) {
      return Refuse(
          absl::StrCat("has the number ", value, "; it must be below 2^63"));
    }
    if (where_ == Where::kShape) return AddDimension(value);
    if (where_ == Where::kOffsets) return AddOffset(value);
    return Unexpected("a number");
  }

  bool string(string_t& value) override {
    if (where_ == Where::kMetadata) {
      header_.metadata[key_] = std::move(value);
      return true;
    }
    if (where_ != Where::kTensor || field_ != "dtype") {
      return Unexpected("a string");
    }
    if (FindDtype(value, &record_.dtype)) return true;
    return Refuse(absl::StrCat(
        "has the dtype ", QuotedTensor(value),
        "; known are BOOL, U8, I8, I16, I32, I64, F16, BF16, F32, F64"));
  }

  bool start_object(std::size_t) override {
    if (where_ == Where::kStart) {
      where_ = Where::kTop;
      return true;
    }
    if (where_ != Where::kTop) return Unexpected("an object");
    if (key_ == kMetadataKey) {
      where_ = Where::kMetadata;
      return true;
    }
    where_ = Where::kTensor;
    record_ = TensorRecord();
    record_.name = key_;
    fields_.clear();
    return true;
  }

  bool end_object() override {
    if (where_ == Where::kTop) {
      where_ = Where::kEnd;
      return true;
    }
    if (where_ == Where::kTensor && !FinishTensor()) return false;
    where_ = Where::kTop;
    return true;
  }

  bool key(string_t& name) override {
    if (where_ == Where::kTensor) return StartField(name);
    if (where_ == Where::kMetadata && header_.metadata.count(name) != 0) {
      return Refuse(
          absl::StrCat("has the metadata key ", QuotedTensor(name), " twice"));
    }
    key_ = std::move(name);
    if (where_ != Where::kTop || names_.insert(key_).second) return true;
    return Refuse("is there twice");
  }

  bool start_array(std::size_t) override {
    if (where_ != Where::kTensor) return Unexpected("an array");
    if (field_ == "shape") {
      where_ = Where::kShape;
    } else if (field_ == "data_offsets") {
      where_ = Where::kOffsets;
      offsets_.clear();
    } else {
      return Unexpected("an array");
    }
    return true;
  }

  bool end_array() override {
    const bool offsets = where_ == Where::kOffsets;
    where_ = Where::kTensor;
    if (!offsets) return true;
    if (offsets_.size() != 2) {
      return Refuse(absl::StrCat("has ", offsets_.size(),
                                 " data_offsets; there must be two"));
    }
    record_.begin = offsets_[0];
    record_.end = offsets_[1];
    return true;
  }

  bool parse_error(std::size_t position, const std::string& token,
                   const Json::exception&) override {
    fault_ = absl::FailedPreconditionError(
        absl::StrCat("is not UTF-8 JSON: byte ", position,
                     " of the header, at ", QuotedTensor(token)));
    return false;
  }

 private:
  enum class Where { kStart, kTop, kMetadata, kTensor, kShape, kOffsets, kEnd };

  bool Refuse(absl::string_view what) {
    fault_ = absl::FailedPreconditionError(
        names_.empty() ? std::string(what)
                       : absl::StrCat("entry ", QuotedTensor(key_), " ", what));
    return false;
  }

  bool Unexpected(absl::string_view what) {
    if (where_ == Where::kStart) {
      return Refuse(absl::StrCat("is ", what, "; it must be an object"));
    }
    if (where_ == Where::kMetadata) {
      return Refuse(absl::StrCat("has ", what, " where a string must be"));
    }
    return Refuse(absl::StrCat("has ", what, field_.empty() ? "" : " in ",
                               field_, " where it must not be"));
  }

  bool StartField(const std::string& name) {
    if (name != "dtype" && name != "shape" && name != "data_offsets") {
      return Refuse(absl::StrCat(
          "has the unknown field ", QuotedTensor(name),
          "; a tensor has dtype, shape and data_offsets, all three"));
    }
    field_ = name;
    if (fields_.insert(name).second) return true;
    return Refuse(absl::StrCat("has ", name, " twice"));
  }

  bool FinishTensor() {
    field_.clear();
    for (const char* field : {"dtype", "shape", "data_offsets"}) {
      if (fields_.count(field) == 0) {
        return Refuse(absl::StrCat("has no ", field));
      }
    }
    header_.tensors.push_back(std::move(record_));
    return true;
  }

  bool AddDimension(uint64_t value) {
    if (record_.shape.size() == kMaxDimensions) {
      return Refuse(
          absl::StrCat("has more than ", kMaxDimensions, " dimensions"));
    }
    record_.shape.push_back(static_cast<int64_t>(value));
    return true;
  }

  bool AddOffset(uint64_t value) {
    if (offsets_.size() == 2) return Refuse("has more than two data_offsets");
    offsets_.push_back(value);
    return true;
  }

  Where where_ = Where::kStart;
  std::string key_;    // of the object around, in the top object or metadata
  std::string field_;  // of the tensor, or empty
  std::set<std::string> names_;
  std::set<std::string> fields_;
  std::vector<uint64_t> offsets_;
  TensorRecord record_;
  ParsedSafetensorsHeader header_;
  absl::Status fault_;
};

}  // namespace

std::string QuotedTensor(absl::string_view name) {
  return absl::StrCat("\"", PrintableText(name, kMaxShown), "\"");
}

absl::StatusOr<ParsedSafetensorsHeader> ParseSafetensorsHeader(
    absl::string_view json) {
  if (json.empty() || json.front() != '{') {
    return absl::FailedPreconditionError("does not begin with \"{\"");
  }
  // The JSON library takes a NUL for the end and would not see what follows.
  if (json.find('\0') != absl::string_view::npos) {
    return absl::FailedPreconditionError("has a NUL byte");
  }
  HeaderReader reader;
  if (!Json::sax_parse(json.begin(), json.end(), &reader)) {
    return reader.fault();
  }
  return reader.Take();
}

}  // namespace stagecoach
