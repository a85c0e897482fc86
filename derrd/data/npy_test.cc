#include "derrd/data/npy.h"

#include <string>

#include "derrd/data/test_files.h"
#include "derrd/data/test_npy.h"

namespace derrd {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kFloats = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";

class NpyTest : public testing::Test {
 protected:
  // What reading a file of these bytes fails with.
  std::string ErrorOf(const std::string& bytes) const {
    const std::string path = folder_.Write("a.npy", bytes);
    const std::string message = MessageOf([&] { ReadNpy(MappedFile(path)); });
    EXPECT_THAT(message, AllOf(HasSubstr(path), Not(HasSubstr("\n"))));
    return message;
  }
  std::string ErrorOfHeader(const std::string& header, std::size_t bytes = 24) const {
    return ErrorOf(Npy(header, std::string(bytes, '\0')));
  }
  const TemporaryFolder folder_;
};

TEST_F(NpyTest, ReadsWhateverNumpyWritesTheHeaderLike) {
  for (const std::string header : {kFloats, "{'descr':\"<f4\",'fortran_order':False,'shape':(2,3)}",
                                   "{'shape': (2, 3), 'fortran_order': False, 'descr': '<f4'}  \n",
                                   "{'descr': '=f4', 'fortran_order': False, 'shape': (2, 3), }",
                                   // One row or one column is in both orders at once.
                                   "{'descr': '<f4', 'fortran_order': True, 'shape': (6, 1), }"}) {
    for (const int version : {1, 2, 3}) {
      const std::string path = folder_.Write("a.npy", Npy(header, std::string(24, 'x'), version));
      const MappedFile file(path);
      const NpyArray array = ReadNpy(file);
      EXPECT_EQ(array.dtype, DType::kF32) << header;
      EXPECT_EQ(array.shape.size(), 2u);
      EXPECT_EQ(std::string(reinterpret_cast<const char*>(array.bytes.data()), array.bytes.size()),
                std::string(24, 'x'));
    }
  }
}

TEST_F(NpyTest, KnowsTypesAndShapes) {
  const auto read = [&](const std::string& type, const std::string& shape, std::size_t bytes) {
    const MappedFile file(folder_.Write(
        "a.npy", Npy("{'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape + "}",
                     std::string(bytes, '\0'))));
    const NpyArray array = ReadNpy(file);
    return std::pair(array.dtype, array.shape);
  };
  EXPECT_EQ(read("<f2", "(3,)", 6), std::pair(DType::kF16, std::vector<std::size_t>{3}));
  EXPECT_EQ(read("<f8", "()", 8), std::pair(DType::kF64, std::vector<std::size_t>{}));
  EXPECT_EQ(read("<i8", "(0, 7)", 0), std::pair(DType::kI64, std::vector<std::size_t>{0, 7}));
  EXPECT_EQ(read("|u1", "(1, 2, 3)", 6), std::pair(DType::kU8, std::vector<std::size_t>{1, 2, 3}));
  EXPECT_EQ(read(">i1", "(2,)", 2), std::pair(DType::kI8, std::vector<std::size_t>{2}));
}

TEST_F(NpyTest, EveryCutIsTold) {
  const std::string whole = Npy(kFloats, std::string(24, '\0'));
  for (std::size_t size = 1; size < whole.size(); ++size) {
    EXPECT_THAT(ErrorOf(whole.substr(0, size)), HasSubstr("not a readable .npy file")) << size;
  }
  EXPECT_THAT(ErrorOf(whole.substr(0, whole.size() - 5)), HasSubstr("19 bytes of numbers are there "
                                                                    "and its shape needs 24"));
  EXPECT_THAT(ErrorOf(whole + "x"), HasSubstr("25 bytes"));
}

TEST_F(NpyTest, WhatIsNotReadSaysHowToSaveIt) {
  EXPECT_THAT(ErrorOfHeader("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }"),
              HasSubstr("column by column; save numpy.ascontiguousarray"));
  EXPECT_THAT(ErrorOfHeader("{'descr': '>f4', 'fortran_order': False, 'shape': (2, 3), }"),
              HasSubstr("big-endian ('>f4'); save it as array.astype('<f4')"));
  EXPECT_THAT(ErrorOfHeader("{'descr': '|O', 'fortran_order': False, 'shape': (2, 3), }"),
              HasSubstr("'|O'"));
  EXPECT_THAT(ErrorOfHeader("{'descr': '<c8', 'fortran_order': False, 'shape': (2, 3), }"),
              HasSubstr("astype('float32')"));
  EXPECT_THAT(ErrorOfHeader("{'descr': '', 'fortran_order': False, 'shape': (2, 3), }"),
              HasSubstr("type ''"));
  EXPECT_THAT(ErrorOfHeader("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2, 3), }"),
              HasSubstr("several fields"));
}

TEST_F(NpyTest, LyingHeadersAreTold) {
  EXPECT_THAT(ErrorOf("PK\x03\x04 an archive of arrays"), HasSubstr("does not begin as one"));
  EXPECT_THAT(ErrorOf(Npy(kFloats, std::string(24, '\0'), 9)), HasSubstr("version is 9"));
  for (const std::string header :
       {"", "{", "{}", "[]", "{'descr'}", "{'descr': }", "{'descr': '<f4}", "{'x': 1}",
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}",
        "{'descr': '<f4', 'fortran_order': Maybe, 'shape': (2, 3)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': 6}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2 3)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-2, -3)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2.0, 3)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)} more",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999, 3)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4)}",
        "{'descr': '<f4', 'fortran_order': False}"}) {
    EXPECT_THAT(ErrorOfHeader(header), HasSubstr("write it again with numpy.save")) << header;
  }
}

}  // namespace
}  // namespace derrd
