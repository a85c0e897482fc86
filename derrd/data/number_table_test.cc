#include "derrd/data/number_table.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "derrd/data/test_files.h"
#include "derrd/data/test_npy.h"

namespace derrd {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<float> FloatsOf(const NumberTable& table, std::size_t row) {
  std::vector<float> out(table.cols());
  table.RequireFloats();
  table.ReadRow(row, std::span(out));
  return out;
}

std::vector<std::int64_t> NumbersOf(const NumberTable& table, std::size_t row) {
  std::vector<std::int64_t> out(table.cols());
  table.RequireWholeNumbers();
  table.ReadRow(row, std::span(out));
  return out;
}

class NumberTableTest : public testing::Test {
 protected:
  template <typename T>
  NumberTable Table(const std::string& type, const std::vector<T>& numbers, std::size_t cols) {
    return NumberTable::Open(folder_.Write("t.npy", NpyTable(type, numbers, cols)), "");
  }
  const TemporaryFolder folder_;
};

TEST_F(NumberTableTest, ReadsRowsOfEveryType) {
  EXPECT_THAT(FloatsOf(Table<float>("<f4", {1, 2, 3, 4, 5, -6.5f}, 3), 1),
              ElementsAre(4, 5, -6.5f));
  EXPECT_THAT(FloatsOf(Table<double>("<f8", {1, 2, 0.1, 4}, 2), 1), ElementsAre(0.1f, 4));
  EXPECT_THAT(NumbersOf(Table<std::int64_t>("<i8", {1, -1}, 1), 1), ElementsAre(-1));
  EXPECT_THAT(NumbersOf(Table<std::int32_t>("<i4", {7, -1}, 2), 0), ElementsAre(7, -1));
  EXPECT_THAT(NumbersOf(Table<std::int16_t>("<i2", {-300}, 1), 0), ElementsAre(-300));
  EXPECT_THAT(NumbersOf(Table<std::int8_t>("|i1", {-3}, 1), 0), ElementsAre(-3));
  EXPECT_THAT(NumbersOf(Table<std::uint8_t>("|u1", {255}, 1), 0), ElementsAre(255));
  EXPECT_THAT(NumbersOf(Table<std::uint16_t>("<u2", {65535}, 1), 0), ElementsAre(65535));
  EXPECT_THAT(NumbersOf(Table<std::uint32_t>("<u4", {4000000000u}, 1), 0), ElementsAre(4000000000));
}

// Against the definition: (-1)^sign 2^(exponent - 15) (1 + fraction / 1024), for all of them.
TEST_F(NumberTableTest, ReadsEveryHalf) {
  std::vector<std::uint16_t> bits(65536);
  for (std::size_t b = 0; b < bits.size(); ++b) bits[b] = static_cast<std::uint16_t>(b);
  const std::vector<float> read = FloatsOf(Table("<f2", bits, bits.size()), 0);
  for (std::size_t b = 0; b < bits.size(); ++b) {
    const double sign = b < 32768 ? 1 : -1, fraction = static_cast<double>(b % 1024);
    const int exponent = static_cast<int>(b / 1024 % 32);
    if (exponent == 31) {
      ASSERT_EQ(std::isnan(read[b]), b % 1024 != 0) << b;
      if (b % 1024 == 0) {
        ASSERT_EQ(read[b], sign * std::numeric_limits<float>::infinity());
      }
    } else {
      const double expected =
          exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
      ASSERT_EQ(static_cast<double>(read[b]), sign * expected) << b;
      ASSERT_EQ(std::signbit(read[b]), b >= 32768) << b;
    }
  }
}

TEST_F(NumberTableTest, NumbersBeyondFloatAreInfinite) {
  EXPECT_TRUE(std::isinf(FloatsOf(Table<double>("<f8", {1e300}, 1), 0)[0]));
}

TEST_F(NumberTableTest, NumbersNeedNotBeAligned) {
  const std::vector<float> numbers{1.5f, -2};
  const std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}";
  for (std::size_t pad = 0; pad < 4; ++pad) {
    const auto table = NumberTable::Open(
        folder_.Write("t.npy", Npy(header + std::string(pad, ' '),
                                   {reinterpret_cast<const char*>(numbers.data()), 8})),
        "");
    EXPECT_TRUE(table.is_list());
    EXPECT_EQ(table.cols(), 1u);
    EXPECT_THAT(FloatsOf(table, 1), ElementsAre(-2));
  }
}

TEST_F(NumberTableTest, ReadsATensor) {
  std::string header = R"({"u":{"dtype":"BF16","shape":[2,1],"data_offsets":[0,4]},)"
                       R"("v":{"dtype":"I32","shape":[1],"data_offsets":[4,8]}})";
  header.append(8 - header.size() % 8, ' ');
  std::string bytes(8, '\0');
  bytes[0] = static_cast<char>(header.size());
  bytes += header + std::string("\x80\x3F\x20\xC0", 4) + std::string(4, '\1');
  const std::string path = folder_.Write("t.safetensors", bytes);
  const auto table = NumberTable::Open(path, "u");
  EXPECT_EQ(table.name(), path + ", tensor 'u'");
  EXPECT_THAT(FloatsOf(table, 0), ElementsAre(1.0f));
  EXPECT_THAT(FloatsOf(table, 1), ElementsAre(-2.5f));
  EXPECT_THAT(MessageOf([&] { NumberTable::Open(path, ""); }),
              AllOf(HasSubstr("2 tensors"), HasSubstr("--user-tensor"), HasSubstr("u, v")));
  EXPECT_THAT(MessageOf([&] { NumberTable::Open(path, "w"); }),
              AllOf(HasSubstr("no tensor 'w'"), HasSubstr("u, v")));
}

TEST_F(NumberTableTest, WhatIsNoTableIsRefused) {
  const auto open = [&](const std::string& name, const std::string& bytes,
                        const std::string& tensor = "") {
    const std::string path = folder_.Write(name, bytes);
    return MessageOf([&] { NumberTable::Open(path, tensor); });
  };
  EXPECT_THAT(open("t.npy", Npy("{'descr': '<f4', 'fortran_order': False, 'shape': ()}", "1234")),
              HasSubstr("0 dimensions"));
  EXPECT_THAT(
      open("t.npy", Npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1)}", "1234")),
      HasSubstr("3 dimensions"));
  EXPECT_THAT(open("t.npy", NpyTable<float>("<f4", {1}, 1), "u"), HasSubstr("no tensor 'u'"));
  EXPECT_THAT(open("t.pt", "x"), HasSubstr(".npy or .safetensors"));
}

TEST_F(NumberTableTest, NumbersOfTheWrongKindSayHowToSaveThem) {
  EXPECT_THAT(MessageOf([&] { Table<std::int32_t>("<i4", {1}, 1).RequireFloats(); }),
              AllOf(HasSubstr("type I32"), HasSubstr("astype('float32')")));
  EXPECT_THAT(MessageOf([&] { Table<float>("<f4", {1}, 1).RequireWholeNumbers(); }),
              AllOf(HasSubstr("type F32"), HasSubstr("astype('int32')")));
}

}  // namespace
}  // namespace derrd
