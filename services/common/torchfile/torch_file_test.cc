#include "services/common/torchfile/torch_file.h"

#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"
#include "services/common/torchfile/zip_archive.h"

namespace stagecoach {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Written by torch 2.13; see testdata/make.py.
std::string TestFile(const std::string& name) {
  std::ifstream file(absl::StrCat(
      STAGECOACH_SOURCE, "/services/common/torchfile/testdata/", name));
  EXPECT_TRUE(file.good()) << name;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

template <typename Element>
std::vector<Element> Elements(const TensorView& tensor) {
  const auto* const first =
      reinterpret_cast<const Element*>(tensor.bytes.data());
  return {first, first + tensor.bytes.size() / sizeof(Element)};
}

template <typename Element>
TensorView View(const std::string& name, Dtype dtype,
                std::vector<int64_t> shape,
                const std::vector<Element>& values) {
  return {name, dtype, std::move(shape),
          absl::string_view(reinterpret_cast<const char*>(values.data()),
                            values.size() * sizeof(Element))};
}

auto Refuses(const std::string& message) {
  return StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr(message));
}

// A file whose pickle is `pickle`.
std::string FileOf(const std::string& pickle) {
  const float value = 7;
  const auto bytes =
      WriteZip({{"x/data.pkl", pickle},
                {"x/data/0",
                 absl::string_view(reinterpret_cast<const char*>(&value), 4)}});
  EXPECT_OK(bytes);
  return *bytes;
}

// The pickle of a tensor over the one value of FileOf.
std::string TensorPickle(const std::string& offset, const std::string& shape,
                         const std::string& strides) {
  return absl::StrCat(absl::string_view("\x80\x02", 2),
                      "ctorch._utils\n_rebuild_tensor_v2\n((X",
                      absl::string_view("\x07\0\0\0", 4),
                      "storagectorch\nFloatStorage\nX",
                      absl::string_view("\x01\0\0\0", 4), "0X",
                      absl::string_view("\x03\0\0\0", 4), "cpuK\x01tQ", offset,
                      "(", shape, "t(", strides, "t\x89NtR.");
}

TEST(TorchFileTest, ReadsABareTensor) {
  const auto file = ReadTorchFile(TestFile("tensor.pt"));
  ASSERT_OK(file);
  ASSERT_EQ(file->tensors.size(), 1u);
  EXPECT_EQ(file->tensors[0].name, "tensor");
  EXPECT_EQ(file->tensors[0].dtype, Dtype::kF32);
  EXPECT_THAT(file->tensors[0].shape, ElementsAre(2, 3));
  EXPECT_THAT(Elements<float>(file->tensors[0]), ElementsAre(0, 1, 2, 3, 4, 5));
}

TEST(TorchFileTest, ReadsAStateDictWithItsMetadata) {
  const auto file = ReadTorchFile(TestFile("state_dict.pt"));
  ASSERT_OK(file);
  ASSERT_EQ(file->tensors.size(), 2u);
  EXPECT_EQ(file->tensors[0].name, "weight");
  EXPECT_THAT(file->tensors[0].shape, ElementsAre(1, 2));
  EXPECT_THAT(Elements<float>(file->tensors[0]), ElementsAre(0.5, -0.25));
  EXPECT_EQ(file->tensors[1].name, "bias");
  EXPECT_THAT(Elements<float>(file->tensors[1]), ElementsAre(3));
}

TEST(TorchFileTest, ReadsNestedDictsViewsParametersAndEveryType) {
  const auto file = ReadTorchFile(TestFile("nested.pt"));
  ASSERT_OK(file);
  std::vector<std::string> names;
  for (const TensorView& tensor : file->tensors) names.push_back(tensor.name);
  EXPECT_THAT(names, ElementsAre("transposed", "part", "model.weight", "list.0",
                                 "list.1", "bool", "half", "bfloat16", "empty",
                                 "scalar"));
  EXPECT_THAT(file->tensors[0].shape, ElementsAre(3, 2));
  EXPECT_THAT(Elements<float>(file->tensors[0]), ElementsAre(0, 3, 1, 4, 2, 5));
  EXPECT_THAT(Elements<float>(file->tensors[1]), ElementsAre(3, 4, 5));
  EXPECT_EQ(file->tensors[3].dtype, Dtype::kI64);
  EXPECT_EQ(file->tensors[4].dtype, Dtype::kF64);
  EXPECT_THAT(file->tensors[8].shape, ElementsAre(0, 2));
  EXPECT_TRUE(file->tensors[9].shape.empty());
  EXPECT_EQ(file->metadata.at("epoch"), "5");
  EXPECT_EQ(file->metadata.at("name"), "lstm");
}

TEST(TorchFileTest, RefusesAWholeModelByItsClass) {
  EXPECT_THAT(ReadTorchFile(TestFile("module.pt")),
              Refuses("torch.nn.modules.linear.Linear, which only running its "
                      "code could read; save tensors, or a model's "
                      "state_dict()"));
}

TEST(TorchFileTest, RefusesTheOldForm) {
  EXPECT_THAT(ReadTorchFile(TestFile("legacy.pt")),
              Refuses("the form of PyTorch before 1.6"));
}

TEST(TorchFileTest, ReadsBackWhatItWrote) {
  const std::vector<float> weights = {1, 2, 3, 4, 5, 6};
  const std::vector<int64_t> counts = {7};
  const auto bytes =
      TorchFileBytes({View("lstm.weight", Dtype::kF32, {2, 3}, weights),
                      View("counts", Dtype::kI64, {}, counts)},
                     TorchForm::kStateDict);
  ASSERT_OK(bytes);
  const auto file = ReadTorchFile(*bytes);
  ASSERT_OK(file);
  ASSERT_EQ(file->tensors.size(), 2u);
  EXPECT_EQ(file->tensors[0].name, "lstm.weight");
  EXPECT_THAT(file->tensors[0].shape, ElementsAre(2, 3));
  EXPECT_THAT(Elements<float>(file->tensors[0]), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_TRUE(file->tensors[1].shape.empty());
  EXPECT_THAT(Elements<int64_t>(file->tensors[1]), ElementsAre(7));
}

TEST(TorchFileTest, EqualTensorsMakeEqualFiles) {
  const std::vector<float> values = {1, 2};
  const TensorView tensor = View("a", Dtype::kF32, {2}, values);
  EXPECT_EQ(*TorchFileBytes({tensor}, TorchForm::kTensor),
            *TorchFileBytes({tensor}, TorchForm::kTensor));
  EXPECT_THAT(TorchFileBytes({tensor, tensor}, TorchForm::kTensor),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("a bare tensor is one, not 2")));
}

TEST(TorchFileTest, RefusesOtherFiles) {
  EXPECT_THAT(ReadTorchFile(""), Refuses("is none that torch.save wrote"));
  EXPECT_THAT(ReadTorchFile("PK\x03\x04"), Refuses("damaged or cut off"));
  EXPECT_THAT(ReadTorchFile(*WriteZip({{"xl/workbook.xml", "<a/>"}})),
              Refuses("is it a spreadsheet"));
  EXPECT_THAT(ReadTorchFile(
                  *WriteZip({{"x/data.pkl", "N."}, {"x/constants.pkl", "N."}})),
              Refuses("is a script module"));
  EXPECT_THAT(
      ReadTorchFile(*WriteZip({{"x/data.pkl", "N."}, {"x/byteorder", "big"}})),
      Refuses("big-endian"));
  EXPECT_THAT(ReadTorchFile(FileOf("N.")), Refuses("holds no tensor"));
}

TEST(TorchFileTest, RunsNoCode) {
  constexpr char kEvil[] =
      "\x80\x02"
      "cos\nsystem\nX\x02\x00\x00\x00ls\x85R.";
  const std::string evil(kEvil, sizeof(kEvil) - 1);
  EXPECT_THAT(ReadTorchFile(FileOf(evil)),
              Refuses("the file holds a os.system, which only running"));
}

TEST(TorchFileTest, RefusesTensorsBeyondTheirStorage) {
  const std::string zero("K\0", 2);
  EXPECT_OK(ReadTorchFile(FileOf(TensorPickle(zero, "K\x01", "K\x01"))));
  const struct {
    std::string offset;
    std::string shape;
    std::string strides;
  } cases[] = {
      {"K\x01", "K\x01", "K\x01"},              // starts behind the end
      {zero, "K\x02", "K\x01"},                 // one element too many
      {zero, "K\x02", zero + "K\x01"},          // a stride too many
      {zero, "K\x02", ""},                      // a stride too few
      {"J\xff\xff\xff\xff", "K\x01", "K\x01"},  // before the start
      {zero, "J\xff\xff\xff\xff", "K\x01"},     // a length below 0
      {zero, "K\x02", "J\xff\xff\xff\xff"},     // going backwards
      {zero, "J\xff\xff\xff\x7fJ\xff\xff\xff\x7fJ\xff\xff\xff\x7f",
       zero + zero + zero},  // too many to count
  };
  for (const auto& [offset, shape, strides] : cases) {
    EXPECT_THAT(ReadTorchFile(FileOf(TensorPickle(offset, shape, strides))),
                Refuses("a tensor reaches beyond its storage"));
  }
  EXPECT_THAT(
      ReadTorchFile(FileOf(TensorPickle(zero, "J\xff\xff\xff\x7f", zero))),
      Refuses("is expanded; call .contiguous()"));
}

TEST(TorchFileTest, RefusesContainersWithoutEnd) {
  EXPECT_THAT(ReadTorchFile(FileOf(std::string("]q\x00h\x00"
                                               "a.",
                                               7))),
              Refuses("nested without end"));
}

TEST(TorchFileTest, NoDamageBringsItDown) {
  const std::string good = TestFile("state_dict.pt");
  for (size_t at = 0; at < good.size(); at += 3) {
    std::string changed = good;
    changed[at] = static_cast<char>(~changed[at]);
    (void)ReadTorchFile(changed);
    (void)ReadTorchFile(absl::string_view(good).substr(0, at));
  }
}

}  // namespace
}  // namespace stagecoach
