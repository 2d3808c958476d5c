#include "services/common/torchfile/pickle.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"

namespace stagecoach {
namespace {

using Kind = PickleValue::Kind;
using ::testing::HasSubstr;

template <size_t size>
std::string Bytes(const char (&text)[size]) {
  return std::string(text, size - 1);
}

auto Refuses(const std::string& message) {
  return StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr(message));
}

// pickle.dumps({'a': [1, -2, 300, 70000, 2**40], 'b': (None, True, 0.5)}, 2)
TEST(PickleTest, ReadsPlainData) {
  const auto pickle = ParsePickle(
      Bytes("\x80\x02}q\x00(X\x01\x00\x00\x00"
            "aq\x01]q\x02(K\x01J\xfe\xff\xff\xffM,\x01Jp\x11\x01\x00\x8a\x06"
            "\x00\x00\x00\x00\x00\x01"
            "eX\x01\x00\x00\x00"
            "bq\x03N\x88G?\xe0\x00\x00\x00\x00\x00\x00\x87q\x04u."));
  ASSERT_OK(pickle);
  const PickleValue& root = pickle->At(pickle->root);
  ASSERT_EQ(root.kind, Kind::kDict);
  ASSERT_EQ(root.fields.size(), 2u);
  EXPECT_EQ(pickle->At(root.fields[0].first).text, "a");
  const PickleValue& list = pickle->At(root.fields[0].second);
  const int64_t expected[] = {1, -2, 300, 70000, int64_t{1} << 40};
  ASSERT_EQ(list.items.size(), std::size(expected));
  for (size_t i = 0; i < list.items.size(); ++i) {
    EXPECT_EQ(pickle->At(list.items[i]).integer, expected[i]);
  }
  const PickleValue& tuple = pickle->At(root.fields[1].second);
  ASSERT_EQ(tuple.items.size(), 3u);
  EXPECT_EQ(pickle->At(tuple.items[0]).kind, Kind::kNone);
  EXPECT_EQ(pickle->At(tuple.items[1]).kind, Kind::kBoolean);
  EXPECT_EQ(pickle->At(tuple.items[2]).number, 0.5);
}

TEST(PickleTest, WhatWasKeptIsTheSameValueAgain) {
  const auto pickle =
      ParsePickle(Bytes("\x80\x02]q\x00(]q\x01h\x01h\x01"
                        "e."));
  ASSERT_OK(pickle);
  const PickleValue& root = pickle->At(pickle->root);
  ASSERT_EQ(root.items.size(), 3u);
  EXPECT_EQ(root.items[0], root.items[2]);
}

TEST(PickleTest, CallsStayCalls) {
  const auto pickle =
      ParsePickle(Bytes("cos\nsystem\nX\x02\x00\x00\x00ls\x85R."));
  ASSERT_OK(pickle);
  const PickleValue& root = pickle->At(pickle->root);
  EXPECT_EQ(root.kind, Kind::kCall);
  EXPECT_EQ(pickle->At(root.items[0]).text, "os.system");
}

TEST(PickleTest, AnOrderedDictIsADict) {
  const auto pickle =
      ParsePickle(Bytes("ccollections\nOrderedDict\n)RK\x01K\x02s}b."));
  ASSERT_OK(pickle);
  EXPECT_EQ(pickle->At(pickle->root).kind, Kind::kDict);
  EXPECT_EQ(pickle->At(pickle->root).fields.size(), 1u);
}

TEST(PickleTest, AListMayContainItself) {
  const auto pickle =
      ParsePickle(Bytes("]q\x00h\x00"
                        "a."));
  ASSERT_OK(pickle);
  EXPECT_EQ(pickle->At(pickle->root).items[0], pickle->root);
}

TEST(PickleTest, RefusesOpcodesThatNoTensorsNeed) {
  // INST, OBJ, EXT1 and the like would make objects by code.
  for (const char opcode : {'i', 'o', '\x82', '\x92', 'P', 'I', 'S'}) {
    EXPECT_THAT(ParsePickle(std::string(1, opcode) + "x\ny\n."),
                Refuses("which no file of plain tensors has"))
        << opcode;
  }
}

TEST(PickleTest, RefusesDamagedBytes) {
  const std::string cases[] = {
      "",
      "\x80",
      "N",
      "X\x05",
      Bytes("X\xff\xff\xff\xff"
            "a"),
      "K",
      "t.",
      "a.",
      "s.",
      "R.",
      "NNR.",
      "Nq",
      Bytes("h\x07."),
      "cos",
      "cos\nsystem",
      "NN.",
      ".",
      Bytes("}(K\x01u."),
      Bytes("K\x01N(u."),
      "Q.",
      Bytes("\x8a\x09"
            "123456789."),
      "N(",
  };
  for (const std::string& bytes : cases) {
    EXPECT_THAT(ParsePickle(bytes), Refuses("the pickle is damaged at byte"))
        << testing::PrintToString(bytes);
  }
}

// Every prefix of a good pickle, and every byte of it changed, ends in an
// answer.
TEST(PickleTest, NoBytesBringItDown) {
  const std::string good = Bytes(
      "\x80\x02}q\x00(X\x01\x00\x00\x00"
      "aq\x01]q\x02(K\x01M,\x01\x8a\x01\x05"
      "eX\x01\x00\x00\x00"
      "bq\x03N\x88G?\xe0\x00\x00\x00\x00\x00\x00\x87q\x04u.");
  for (size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(ParsePickle(good.substr(0, size)).ok());
  }
  for (size_t at = 0; at < good.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string changed = good;
      changed[at] = static_cast<char>(byte);
      (void)ParsePickle(changed);
    }
  }
}

}  // namespace
}  // namespace stagecoach
