#include "derrd/core/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <limits>
#include <numeric>

#include "derrd/core/random.h"
#include "derrd/core/test_errors.h"
#include "derrd/core/test_folder.h"

namespace derrd {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::ThrowsMessage;

// A file of one tensor of each type, of odd sizes, one of them empty and one a scalar.
struct Sample {
  std::vector<std::uint8_t> bytes = {1, 2, 255};
  std::vector<std::int32_t> ints = {-1, 0, std::numeric_limits<std::int32_t>::max()};
  std::vector<std::int64_t> longs = {std::numeric_limits<std::int64_t>::min(), 5};
  Matrix<float> floats{3, 7};
  std::vector<double> scalar = {0.1};
  Matrix<float> empty{0, 4};

  Sample() { std::iota(floats.data(), floats.data() + floats.size(), 0.5f); }

  void Write(const std::string& path) const {
    SafetensorsWriter writer("sample");
    writer.SetMetadata("note", "any text, \"quoted\"\n\xC3\xA9");
    writer.Add("bytes", std::span<const std::uint8_t>(bytes));
    writer.Add("ints", std::span<const std::int32_t>(ints));
    writer.Add("longs", std::span<const std::int64_t>(longs), {2, 1});
    writer.Add("floats", floats.view());
    writer.Add("scalar", std::span<const double>(scalar), {});
    writer.Add("empty", empty.view());
    writer.Write(path);
  }
};

class SafetensorsTest : public testing::Test {
 protected:
  // A file with the given header and this many bytes of data.
  std::string Raw(const std::string& header, std::size_t data_bytes = 0) const {
    const std::string path = folder_ / "raw";
    const std::uint64_t size = header.size();
    std::string text(reinterpret_cast<const char*>(&size), sizeof(size));
    WriteTextFile(path, text + header + std::string(data_bytes, 'd'));
    return path;
  }
  // Opening a file with this header fails with an account of it.
  void ExpectBroken(const std::string& header, std::size_t data_bytes, const std::string& account) {
    const std::string path = Raw(header, data_bytes);
    EXPECT_THAT([&] { SafetensorsFile file(path); },
                ThrowsMessage<Error>(AllOf(HasSubstr(path), HasSubstr(account),
                                           HasSubstr("make it again"), Not(HasSubstr("\n")))))
        << header;
  }

  const TestFolder folder_;
};

std::uint64_t HeaderSize(const std::string& path) {
  std::uint64_t size = 0;
  std::memcpy(&size, ReadTextFile(path).data(), sizeof(size));
  return size;
}

// Reads every byte that the file vouches for, so that a sanitizer would see one out of range.
std::size_t SumOfAllBytes(const SafetensorsFile& file) {
  std::size_t sum = 0;
  for (const auto& [name, tensor] : file.tensors()) {
    for (const std::byte b : tensor.bytes) sum += static_cast<std::size_t>(b);
  }
  return sum;
}

TEST_F(SafetensorsTest, EverythingComesBack) {
  const Sample sample;
  sample.Write(folder_ / "file");
  const auto file = SafetensorsFile::OpenKind(folder_ / "file", "sample");

  EXPECT_EQ(file->path(), folder_ / "file");
  EXPECT_EQ(file->tensors().size(), 6u) << "padding is nobody's business";
  EXPECT_THAT(file->Elements<std::uint8_t>("bytes"), ElementsAre(1, 2, 255));
  EXPECT_THAT(file->Elements<char>("bytes"), ElementsAre('\1', '\2', '\xFF'));
  EXPECT_THAT(file->Elements<std::int32_t>("ints"), testing::ElementsAreArray(sample.ints));
  EXPECT_THAT(file->Elements<std::int64_t>("longs"), testing::ElementsAreArray(sample.longs));
  EXPECT_THAT(file->Elements<double>("scalar"), ElementsAre(0.1));
  const auto floats = file->MatrixOf<float>("floats");
  EXPECT_EQ(floats.rows(), 3u);
  EXPECT_EQ(floats.cols(), 7u);
  EXPECT_TRUE(std::ranges::equal(floats.elements(), sample.floats.view().elements()));
  EXPECT_EQ(file->MatrixOf<float>("empty").rows(), 0u);
  EXPECT_EQ(file->MatrixOf<float>("empty").cols(), 4u);

  EXPECT_TRUE(file->tensors().at("scalar").shape.empty());
  EXPECT_EQ(file->metadata().size(), 2u);
  EXPECT_EQ(file->MetadataOr("note", ""), "any text, \"quoted\"\n\xC3\xA9");
  EXPECT_EQ(file->MetadataOr("absent", "otherwise"), "otherwise");
  EXPECT_TRUE(file->Has("ints"));
  EXPECT_FALSE(file->Has("~pad.0"));
}

TEST_F(SafetensorsTest, EveryTensorIsAlignedForTheWidestVector) {
  const std::vector<std::uint8_t> blob(200);
  SafetensorsWriter writer("sample");
  for (std::size_t size = 0; size <= 200; ++size) {
    writer.Add(fmt::format("tensor of {}", size), std::span(blob).first(size));
  }
  writer.Write(folder_ / "file");
  const SafetensorsFile file(folder_ / "file");
  ASSERT_EQ(file.tensors().size(), 201u);
  for (const auto& [name, tensor] : file.tensors()) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(tensor.bytes.data()) % 64, 0u) << name;
  }
}

TEST_F(SafetensorsTest, TheSameContentsAreTheSameBytes) {
  Sample().Write(folder_ / "a");
  Sample().Write(folder_ / "b");
  EXPECT_EQ(ReadTextFile(folder_ / "a"), ReadTextFile(folder_ / "b"));
}

TEST_F(SafetensorsTest, AFileMayHoldNoTensor) {
  SafetensorsWriter("sample").Write(folder_ / "file");
  EXPECT_TRUE(SafetensorsFile(folder_ / "file").tensors().empty());
  EXPECT_TRUE(SafetensorsFile(Raw("{}")).metadata().empty());
}

TEST_F(SafetensorsTest, MetadataInAnotherEncodingIsWrittenAllTheSame) {
  SafetensorsWriter writer("sample");
  writer.SetMetadata("source", "caf\xE9.csv");
  writer.Write(folder_ / "file");
  EXPECT_EQ(SafetensorsFile(folder_ / "file").MetadataOr("source", ""), "caf\xEF\xBF\xBD.csv");
}

TEST_F(SafetensorsTest, WritingToAFullDiskIsAnError) {
  EXPECT_THAT([] { Sample().Write("/dev/full"); },
              ThrowsMessage<Error>(AllOf(HasSubstr("/dev/full"), HasSubstr("free space"))));
}

TEST_F(SafetensorsTest, AnotherKindIsNamed) {
  Sample().Write(folder_ / "file");
  EXPECT_THAT(
      [&] { SafetensorsFile::OpenKind(folder_ / "file", "model"); },
      ThrowsMessage<Error>(AllOf(HasSubstr(folder_ / "file"), HasSubstr("a model is needed"),
                                 HasSubstr("a derrd sample"), HasSubstr("derrd info"))));
  EXPECT_THAT([&] { SafetensorsFile::OpenKind(Raw("{}"), "model"); },
              ThrowsMessage<Error>(HasSubstr("another program")));
}

TEST_F(SafetensorsTest, AskingForWhatIsNotThereIsAnError) {
  Sample().Write(folder_ / "file");
  const SafetensorsFile file(folder_ / "file");
  EXPECT_THAT(
      [&] { file.Elements<float>("absent"); },
      ThrowsMessage<Error>(AllOf(HasSubstr(file.path()), HasSubstr("'absent' is missing"))));
  EXPECT_THAT([&] { file.Elements<float>("ints"); },
              ThrowsMessage<Error>(HasSubstr("is of type I32 where F32 is needed")));
  EXPECT_THAT([&] { file.MatrixOf<std::int32_t>("ints"); },
              ThrowsMessage<Error>(HasSubstr("has 1 dimensions where 2 are needed")));
}

TEST_F(SafetensorsTest, CutAtAnyLengthItIsAnErrorAndNoFault) {
  Sample().Write(folder_ / "whole");
  const std::string whole = ReadTextFile(folder_ / "whole");
  for (std::size_t length = 0; length < whole.size(); ++length) {
    std::ofstream(folder_ / "cut", std::ios::binary) << whole.substr(0, length);
    EXPECT_THAT([&] { SafetensorsFile file(folder_ / "cut"); },
                ThrowsMessage<Error>(AllOf(HasSubstr(folder_ / "cut"), HasSubstr("cut short"))))
        << length << " of " << whole.size() << " bytes";
  }
}

TEST_F(SafetensorsTest, SomethingAppendedIsAnError) {
  Sample().Write(folder_ / "file");
  WriteTextFile(folder_ / "longer", ReadTextFile(folder_ / "file") + '\0');
  EXPECT_THAT([&] { SafetensorsFile file(folder_ / "longer"); },
              ThrowsMessage<Error>(HasSubstr("belongs to no tensor")));
}

TEST_F(SafetensorsTest, AnyByteMayBeDamagedWithoutAFault) {
  Sample().Write(folder_ / "whole");
  const std::string whole = ReadTextFile(folder_ / "whole");
  RandomStream random(1, Role::kTest, 0, 0);
  std::size_t errors = 0;
  const auto open_damaged = [&](std::size_t at, char value) {
    std::string damaged = whole;
    damaged[at] = value;
    std::ofstream(folder_ / "damaged", std::ios::binary) << damaged;  // no wait for the disk
    try {
      const SafetensorsFile file(folder_ / "damaged");
      EXPECT_LT(SumOfAllBytes(file), 256 * whole.size());
    } catch (const Error& error) {
      ++errors;
      EXPECT_THAT(error.what(), AllOf(HasSubstr(folder_ / "damaged"), Not(HasSubstr("\n"))));
    }
  };
  const std::size_t header_end = 8 + HeaderSize(folder_ / "whole");
  for (std::size_t at = 0; at < header_end; ++at) {
    open_damaged(at, static_cast<char>(whole[at] ^ (1 << random.Below(8))));
    open_damaged(at, static_cast<char>(random.Below(256)));
  }
  EXPECT_GT(errors, header_end / 2) << "most of a header matters";
}

TEST_F(SafetensorsTest, AHeaderThatLiesAboutItsLengthIsAnError) {
  for (const std::uint64_t size :
       {std::uint64_t{3}, std::uint64_t{1} << 32, ~std::uint64_t{0}, ~std::uint64_t{0} - 7}) {
    std::string text(reinterpret_cast<const char*>(&size), sizeof(size));
    WriteTextFile(folder_ / "lie", text + "{}");
    EXPECT_THAT([&] { SafetensorsFile file(folder_ / "lie"); },
                ThrowsMessage<Error>(HasSubstr("its header claims")));
  }
  ExpectBroken("", 0, "no JSON");
}

TEST_F(SafetensorsTest, AHeaderThatIsNoHeaderIsAnError) {
  ExpectBroken("[]", 0, "no JSON object");
  ExpectBroken("3", 0, "no JSON object");
  ExpectBroken("{\"a\": ", 0, "no JSON from byte");
  ExpectBroken("{} {}", 0, "no JSON from byte");
  ExpectBroken("{\"\xFF\": 1}", 0, "no JSON from byte");
  ExpectBroken(std::string(200'000, '['), 0, "no JSON from byte");
  ExpectBroken(std::string(50'000, '[') + std::string(50'000, ']'), 0, "no JSON object");
  ExpectBroken(R"({"a": 1})", 0, "not as the format asks");
  ExpectBroken(R"({"a": {}})", 0, "not as the format asks");
}

TEST_F(SafetensorsTest, MetadataThatIsNotTextIsAnError) {
  ExpectBroken(R"({"__metadata__": {"a": 1}})", 0, "not as the format asks");
  ExpectBroken(R"({"__metadata__": {"a": {"b": "c"}}})", 0, "not as the format asks");
  ExpectBroken(R"({"__metadata__": "text"})", 0, "metadata is no JSON object");
  ExpectBroken(R"({"__metadata__": null})", 0, "metadata is no JSON object");
}

TEST_F(SafetensorsTest, ATypeThatIsUnknownIsNamed) {
  ExpectBroken(R"({"a": {"dtype": "C64", "shape": [1], "data_offsets": [0, 2]}})", 2,
               "unknown type C64");
  ExpectBroken(R"({"a": {"dtype": 7, "shape": [1], "data_offsets": [0, 2]}})", 2,
               "not as the format asks");
  ExpectBroken(R"({"a": {"shape": [1], "data_offsets": [0, 2]}})", 2, "dtype");
}

TEST_F(SafetensorsTest, AShapeThatDoesNotFitIsAnError) {
  const auto expect = [this](const std::string& shape, const std::string& account) {
    ExpectBroken(R"({"a": {"dtype": "I32", "shape": )" + shape + R"(, "data_offsets": [0, 8]}})", 8,
                 account);
  };
  expect("[3]", "has 8 bytes where its shape needs 12");
  expect("[]", "has 8 bytes where its shape needs 4");
  expect("[0]", "has 8 bytes where its shape needs 0");
  expect("[-2]", "no list of sizes");
  expect("[2.0]", "no list of sizes");
  expect("[\"2\"]", "no list of sizes");
  expect("2", "no list of sizes");
  expect("null", "no list of sizes");
  expect("{\"x\": 2}", "no list of sizes");
  // 2^62 + 2 elements of four bytes are eight bytes when the product wraps around.
  expect("[4611686018427387906]", "impossible shape");
  expect("[4294967296, 4294967296]", "impossible shape");
  expect("[18446744073709551615]", "impossible shape");
  expect("[18446744073709551616]", "no list of sizes");
}

TEST_F(SafetensorsTest, OffsetsThatDoNotFitAreAnError) {
  const auto expect = [this](const std::string& offsets, const std::string& account) {
    ExpectBroken(R"({"a": {"dtype": "U8", "shape": [8], "data_offsets": )" + offsets + "}}", 8,
                 account);
  };
  expect("[0, 9]", "claims bytes 0 to 9 of 8");
  expect("[8, 16]", "claims bytes 8 to 16 of 8");
  expect("[8, 0]", "claims bytes 8 to 0 of 8");
  expect("[18446744073709551615, 7]", "claims bytes");
  expect("[-8, 0]", "no valid data_offsets");
  expect("[0]", "no valid data_offsets");
  expect("[0, 8, 8]", "no valid data_offsets");
  expect("8", "no valid data_offsets");
  expect("[0, \"8\"]", "no valid data_offsets");
}

TEST_F(SafetensorsTest, TensorsMustShareTheDataWithoutOverlapsAndGaps) {
  const auto header = [](int begin_a, int end_a, int begin_b, int end_b) {
    const auto tensor = [](int begin, int end) {
      return fmt::format(R"({{"dtype": "U8", "shape": [{}], "data_offsets": [{}, {}]}})",
                         end - begin, begin, end);
    };
    return fmt::format(R"({{"a": {}, "b": {}}})", tensor(begin_a, end_a), tensor(begin_b, end_b));
  };
  EXPECT_NO_THROW(SafetensorsFile(Raw(header(0, 4, 4, 8), 8)));
  EXPECT_NO_THROW(SafetensorsFile(Raw(header(4, 8, 0, 4), 8)));
  EXPECT_NO_THROW(SafetensorsFile(Raw(header(0, 8, 3, 3), 8)));
  ExpectBroken(header(0, 5, 4, 8), 8, "overlap");
  ExpectBroken(header(0, 8, 0, 8), 8, "overlap");
  ExpectBroken(header(0, 8, 2, 4), 8, "overlap");
  ExpectBroken(header(0, 3, 4, 8), 8, "byte 3 of its data belongs to no tensor");
  ExpectBroken(header(1, 4, 4, 8), 8, "byte 0 of its data belongs to no tensor");
  ExpectBroken(header(0, 4, 4, 7), 8, "byte 7 of its data belongs to no tensor");
}

TEST_F(SafetensorsTest, ATensorThatCannotBeReadInPlaceIsAnError) {
  std::string header = R"({"a": {"dtype": "I64", "shape": [1], "data_offsets": [0, 8]}})";
  header.append((8 - header.size() % 8) % 8, ' ');
  EXPECT_NO_THROW(SafetensorsFile(Raw(header, 8)));
  ExpectBroken(header + ' ', 8, "not aligned");
}

TEST_F(SafetensorsTest, ADamagedNameIsToldOnOneShortLine) {
  const std::string name(5000, 'x');
  const std::string path = Raw(R"({"line\nbreak)" + name + R"(": {"dtype": "?"}})");
  const std::string message = MessageOf([&] { const SafetensorsFile file(path); });
  EXPECT_THAT(message, AllOf(HasSubstr("line?break"), Not(HasSubstr("\n"))));
  EXPECT_LT(message.size(), 600u);
}

TEST_F(SafetensorsTest, ASealTellsEveryChange) {
  const std::string path = folder_ / "file", first = "first tensor", second = "a second one";
  SafetensorsWriter writer("sample");
  writer.SetMetadata("note", "nine lives");
  writer.Add("one", std::span<const char>(first));
  writer.Add("two", std::span<const char>(second), {3, 4});
  writer.Write(path);
  EXPECT_THROW(SafetensorsFile(path).CheckSeal(), Error);  // never sealed
  writer.Seal();
  writer.Write(path);
  EXPECT_NO_THROW(SafetensorsFile(path).CheckSeal());

  const std::string whole = ReadTextFile(path);
  const std::pair<std::string, std::string> changes[] = {
      {"nine", "mine"},     {"note", "vote"},       {"first tensor", "first censor"},
      {"second", "Second"}, {"\"two\"", "\"too\""}, {"[3,4]", "[4,3]"},
      {"sample", "simple"}};
  for (const auto& [from, to] : changes) {
    std::string changed = whole;
    ASSERT_NE(changed.find(from), std::string::npos) << from;
    changed.replace(changed.find(from), from.size(), to);
    WriteTextFile(path, changed);
    EXPECT_THROW(SafetensorsFile(path).CheckSeal(), Error) << from;
  }
}

// What Python makes of our files, and we of Python's.
class SafetensorsPythonTest : public SafetensorsTest {
 protected:
  void SetUp() override {
    if (Run("-c 'import numpy, safetensors.numpy' 2> /dev/null") != 0) {
      GTEST_SKIP() << DERRD_PYTHON
          " lacks numpy or safetensors; configure with -DPython3_EXECUTABLE=... of one that has "
          "both";
    }
  }
  static int Run(const std::string& arguments) {
    return std::system((DERRD_PYTHON " " + arguments).c_str());
  }
};

TEST_F(SafetensorsPythonTest, PythonReadsTheSameNumbers) {
  Sample().Write(folder_ / "file");
  EXPECT_EQ(Run(DERRD_SOURCES "/core/testdata/check_sample.py " + (folder_ / "file")), 0);
}

TEST_F(SafetensorsPythonTest, WhatPythonWritesIsReadHere) {
  ASSERT_EQ(Run(DERRD_SOURCES "/core/testdata/write_sample.py " + (folder_ / "file")), 0);
  const SafetensorsFile file(folder_ / "file");
  EXPECT_EQ(file.tensors().size(), 3u);
  EXPECT_THAT(file.Elements<std::int64_t>("longs"), ElementsAre(-1, 1'000'000'000'000));
  EXPECT_THAT(file.Elements<std::uint8_t>("bytes"), ElementsAre(1, 2, 3));
  const auto floats = file.MatrixOf<float>("floats");
  ASSERT_EQ(floats.rows(), 2u);
  ASSERT_EQ(floats.cols(), 3u);
  EXPECT_THAT(floats.elements(), ElementsAre(0.0f, 0.5f, 1.0f, 1.5f, 2.0f, 2.5f));
  EXPECT_EQ(file.MetadataOr("made by", ""), "numpy");
}

}  // namespace
}  // namespace derrd
