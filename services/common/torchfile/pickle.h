// Reads the part of Python's pickle format that describes tensors. No code is
// ever run: a closed list of opcodes builds plain data, and names of classes
// and functions stay names.
//
// Format: https://github.com/python/cpython/blob/main/Lib/pickletools.py,
// protocols 2 to 5.

#ifndef SERVICES_COMMON_TORCHFILE_PICKLE_H_
#define SERVICES_COMMON_TORCHFILE_PICKLE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace stagecoach {

// Values refer to each other by their number, so that one may stand in several
// places, or even contain itself.
using PickleId = size_t;

struct PickleValue {
  enum class Kind {
    kNone,
    kBoolean,  // in `integer`
    kInteger,
    kNumber,
    kText,
    kList,        // also tuples and sets: `items`
    kDict,        // `fields`
    kName,        // of a class or function: `module.name` in `text`
    kCall,        // of items[0], a name, with items[1], its arguments
    kPersistent,  // something outside of the pickle: items[0] says what
  };

  Kind kind = Kind::kNone;
  int64_t integer = 0;
  double number = 0;
  std::string text = {};
  std::vector<PickleId> items = {};
  std::vector<std::pair<PickleId, PickleId>> fields = {};
};

struct Pickle {
  std::vector<PickleValue> values;
  PickleId root = 0;

  const PickleValue& At(PickleId id) const { return values[id]; }
};

// A call of `collections.OrderedDict` is a dict; what an object's state is set
// to after it is made (BUILD) is left out.
//
// FAILED_PRECONDITION: bytes that end too soon or make no sense, or an opcode
//   that is not of the list; the message has its place.
absl::StatusOr<Pickle> ParsePickle(absl::string_view bytes);

}  // namespace stagecoach

#endif  // SERVICES_COMMON_TORCHFILE_PICKLE_H_
