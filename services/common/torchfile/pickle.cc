#include "services/common/torchfile/pickle.h"

#include <bit>
#include <cstring>
#include <map>
#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

using Kind = PickleValue::Kind;

static_assert(std::endian::native == std::endian::little);

// Of pickletools, those that tensors, numbers, texts and containers need.
enum Opcode : uint8_t {
  kMark = '(',
  kStop = '.',
  kBinFloat = 'G',
  kBinInt = 'J',
  kBinInt1 = 'K',
  kBinInt2 = 'M',
  kNone = 'N',
  kBinPersId = 'Q',
  kReduce = 'R',
  kBinUnicode = 'X',
  kAppend = 'a',
  kBuild = 'b',
  kGlobal = 'c',
  kAppends = 'e',
  kBinGet = 'h',
  kLongBinGet = 'j',
  kBinPut = 'q',
  kLongBinPut = 'r',
  kSetItem = 's',
  kTuple = 't',
  kSetItems = 'u',
  kEmptyDict = '}',
  kEmptyList = ']',
  kEmptyTuple = ')',
  kProto = 0x80,
  kNewObject = 0x81,
  kTuple1 = 0x85,
  kTuple2 = 0x86,
  kTuple3 = 0x87,
  kNewTrue = 0x88,
  kNewFalse = 0x89,
  kLong1 = 0x8a,
  kShortBinUnicode = 0x8c,
  kStackGlobal = 0x93,
  kMemoize = 0x94,
  kFrame = 0x95,
};

absl::Status Damaged(size_t at, absl::string_view why) {
  return absl::FailedPreconditionError(
      absl::StrCat("the pickle is damaged at byte ", at, ": ", why));
}

class Machine {
 public:
  explicit Machine(absl::string_view bytes) : bytes_(bytes) {}

  absl::StatusOr<Pickle> Run() {
    while (!stopped_) {
      if (at_ >= bytes_.size()) return Damaged(at_, "it ends too soon");
      const size_t start = at_;
      const auto opcode = static_cast<uint8_t>(bytes_[at_++]);
      if (!Do(opcode)) {
        return fault_.empty()
                   ? absl::FailedPreconditionError(absl::StrFormat(
                         "the pickle holds opcode 0x%02x at byte %d, which no "
                         "file of plain tensors has",
                         opcode, start))
                   : Damaged(start, fault_);
      }
    }
    if (stack_.size() != 1) return Damaged(at_, "it holds no single value");
    pickle_.root = stack_.back();
    return std::move(pickle_);
  }

 private:
  bool Do(uint8_t opcode) {
    switch (opcode) {
      case kProto:
        return Skip(1);
      case kFrame:
        return Skip(8);
      case kStop:
        stopped_ = true;
        return true;
      case kMark:
        marks_.push_back(stack_.size());
        return true;
      case kNone:
        return Push({});
      case kNewTrue:
      case kNewFalse:
        return Push({.kind = Kind::kBoolean, .integer = opcode == kNewTrue});
      case kBinInt:
        return PushInteger(Fixed<int32_t>());
      case kBinInt1:
        return PushInteger(Fixed<uint8_t>());
      case kBinInt2:
        return PushInteger(Fixed<uint16_t>());
      case kLong1:
        return PushInteger(Long());
      case kBinFloat:
        return PushNumber();
      case kShortBinUnicode:
        return PushText(Fixed<uint8_t>());
      case kBinUnicode:
        return PushText(Fixed<uint32_t>());
      default:
        return DoContainer(opcode);
    }
  }

  bool DoContainer(uint8_t opcode) {
    switch (opcode) {
      case kEmptyDict:
        return Push({.kind = Kind::kDict});
      case kEmptyList:
      case kEmptyTuple:
        return Push({.kind = Kind::kList});
      case kTuple:
        return PushTuple(TakeMark());
      case kTuple1:
      case kTuple2:
      case kTuple3:
        return PushTuple(LastItems(opcode - kTuple1 + 1));
      case kAppend:
        return Append(LastItems(1));
      case kAppends:
        return Append(TakeMark());
      case kSetItem:
        return SetItems(LastItems(2));
      case kSetItems:
        return SetItems(TakeMark());
      default:
        return DoObject(opcode);
    }
  }

  bool DoObject(uint8_t opcode) {
    switch (opcode) {
      case kGlobal:
        return PushGlobal();
      case kStackGlobal:
        return PushStackGlobal();
      case kReduce:
      case kNewObject:  // a class is called as a function is
        return Reduce();
      case kBuild:  // the state is not needed
        return LastItems(1).has_value() || Fault("there is no state");
      case kBinPersId:
        return Wrap(Kind::kPersistent);
      case kBinPut:
        return Put(Fixed<uint8_t>());
      case kLongBinPut:
        return Put(Fixed<uint32_t>());
      case kMemoize:
        return Put(memo_.size());
      case kBinGet:
        return Get(Fixed<uint8_t>());
      case kLongBinGet:
        return Get(Fixed<uint32_t>());
      default:
        return false;
    }
  }

  bool Fault(absl::string_view why) {
    if (fault_.empty()) fault_ = std::string(why);
    return false;
  }

  // The next `count` bytes.
  std::optional<absl::string_view> Take(size_t count) {
    if (bytes_.size() - at_ < count) {
      Fault("it ends too soon");
      return std::nullopt;
    }
    at_ += count;
    return bytes_.substr(at_ - count, count);
  }
  bool Skip(size_t count) { return Take(count).has_value(); }

  template <typename Number>
  std::optional<int64_t> Fixed() {
    const auto taken = Take(sizeof(Number));
    if (!taken.has_value()) return std::nullopt;
    Number number;
    std::memcpy(&number, taken->data(), sizeof(number));
    return static_cast<int64_t>(number);
  }
  // A length, then as many bytes of two's complement.
  std::optional<int64_t> Long() {
    const std::optional<int64_t> length = Fixed<uint8_t>();
    if (!length.has_value()) return std::nullopt;
    const auto taken = Take(static_cast<size_t>(*length));
    if (!taken.has_value()) return std::nullopt;
    if (*length > 8) {
      Fault("a whole number has more than 64 bits");
      return std::nullopt;
    }
    const bool negative = *length > 0 && (taken->back() & 0x80) != 0;
    int64_t number = negative ? -1 : 0;
    std::memcpy(&number, taken->data(), taken->size());
    return number;
  }

  bool Push(PickleValue value) {
    stack_.push_back(pickle_.values.size());
    pickle_.values.push_back(std::move(value));
    return true;
  }
  bool PushInteger(std::optional<int64_t> integer) {
    return integer.has_value() &&
           Push({.kind = Kind::kInteger, .integer = *integer});
  }
  bool PushNumber() {
    const auto taken = Take(8);
    if (!taken.has_value()) return false;
    uint64_t bits = 0;  // the only big-endian number of the format
    for (const char byte : *taken)
      bits = bits << 8 | static_cast<uint8_t>(byte);
    return Push({.kind = Kind::kNumber, .number = std::bit_cast<double>(bits)});
  }
  bool PushText(std::optional<int64_t> length) {
    if (!length.has_value()) return false;
    const auto taken = Take(static_cast<size_t>(*length));
    return taken.has_value() &&
           Push({.kind = Kind::kText, .text = std::string(*taken)});
  }
  bool PushTuple(std::optional<std::vector<PickleId>> items) {
    return items.has_value() &&
           Push({.kind = Kind::kList, .items = *std::move(items)});
  }

  // Takes the last `count` values off the stack, above any mark.
  std::optional<std::vector<PickleId>> LastItems(size_t count) {
    const size_t floor = marks_.empty() ? 0 : marks_.back();
    if (stack_.size() < floor + count) {
      Fault("the stack is empty");
      return std::nullopt;
    }
    std::vector<PickleId> items(stack_.end() - count, stack_.end());
    stack_.resize(stack_.size() - count);
    return items;
  }
  // Takes what is above the last mark, and the mark.
  std::optional<std::vector<PickleId>> TakeMark() {
    if (marks_.empty()) {
      Fault("there is no mark");
      return std::nullopt;
    }
    std::vector<PickleId> items(stack_.begin() + marks_.back(), stack_.end());
    stack_.resize(marks_.back());
    marks_.pop_back();
    return items;
  }

  // The value on top, if it is of `kind`.
  PickleValue* Top(Kind kind) {
    if (stack_.empty() || pickle_.values[stack_.back()].kind != kind) {
      Fault("it fills a container that is none");
      return nullptr;
    }
    return &pickle_.values[stack_.back()];
  }
  bool Append(const std::optional<std::vector<PickleId>>& items) {
    PickleValue* const list = items.has_value() ? Top(Kind::kList) : nullptr;
    if (list == nullptr) return false;
    list->items.insert(list->items.end(), items->begin(), items->end());
    return true;
  }
  bool SetItems(const std::optional<std::vector<PickleId>>& items) {
    PickleValue* const dict = items.has_value() ? Top(Kind::kDict) : nullptr;
    if (dict == nullptr) return false;
    if (items->size() % 2 != 0) return Fault("a key has no value");
    for (size_t i = 0; i < items->size(); i += 2) {
      dict->fields.emplace_back((*items)[i], (*items)[i + 1]);
    }
    return true;
  }

  // The rest of the line.
  std::optional<absl::string_view> Line() {
    const size_t end = bytes_.find('\n', at_);
    if (end == absl::string_view::npos) {
      Fault("it ends too soon");
      return std::nullopt;
    }
    const absl::string_view line = bytes_.substr(at_, end - at_);
    at_ = end + 1;
    return line;
  }
  bool PushGlobal() {
    const auto module = Line();
    const auto name = module.has_value() ? Line() : std::nullopt;
    return name.has_value() &&
           Push({.kind = Kind::kName,
                 .text = absl::StrCat(*module, ".", *name)});
  }
  bool PushStackGlobal() {
    const auto parts = LastItems(2);
    if (!parts.has_value()) return false;
    const PickleValue& module = pickle_.values[(*parts)[0]];
    const PickleValue& name = pickle_.values[(*parts)[1]];
    if (module.kind != Kind::kText || name.kind != Kind::kText) {
      return Fault("a name is no text");
    }
    return Push({.kind = Kind::kName,
                 .text = absl::StrCat(module.text, ".", name.text)});
  }
  bool Reduce() {
    const auto parts = LastItems(2);
    if (!parts.has_value()) return false;
    const PickleValue& name = pickle_.values[(*parts)[0]];
    if (name.kind != Kind::kName) return Fault("it calls what is no name");
    if (name.text == "collections.OrderedDict") {
      return Push({.kind = Kind::kDict});
    }
    return Push({.kind = Kind::kCall, .items = *parts});
  }
  bool Wrap(Kind kind) {
    const auto inner = LastItems(1);
    return inner.has_value() && Push({.kind = kind, .items = *inner});
  }

  bool Put(std::optional<int64_t> key) {
    if (!key.has_value()) return false;
    if (stack_.empty()) return Fault("the stack is empty");
    memo_[*key] = stack_.back();
    return true;
  }
  bool Get(std::optional<int64_t> key) {
    if (!key.has_value()) return false;
    const auto found = memo_.find(*key);
    if (found == memo_.end()) return Fault("it recalls what it has not kept");
    stack_.push_back(found->second);
    return true;
  }

  const absl::string_view bytes_;
  size_t at_ = 0;
  bool stopped_ = false;
  std::string fault_;
  Pickle pickle_;
  std::vector<PickleId> stack_;
  std::vector<size_t> marks_;
  std::map<int64_t, PickleId> memo_;
};

}  // namespace

absl::StatusOr<Pickle> ParsePickle(absl::string_view bytes) {
  return Machine(bytes).Run();
}

}  // namespace stagecoach
