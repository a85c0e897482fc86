#include "derrd/export/faiss_file.h"

#include <gtest/gtest.h>

#include "derrd/core/test_folder.h"

namespace derrd {
namespace {

// The layout byte by byte; export_test.py has Faiss itself read what the program writes.
TEST(WriteFaissFlatTest, IsLaidOutAsFaissReadsIt) {
  const TestFolder folder;
  Matrix<float> rows(2, 3);
  rows(0, 0) = 1.0f;   // 00 00 80 3F
  rows(1, 2) = -2.0f;  // 00 00 00 C0
  OutputFile file(folder / "index");
  WriteFaissFlat(rows, file);
  file.Commit();
  using std::string_literals::operator""s;
  EXPECT_EQ(ReadTextFile(folder / "index"),
            "IxFI"
            "\x03\0\0\0"
            "\x02\0\0\0\0\0\0\0"
            "\0\0\x10\0\0\0\0\0"
            "\0\0\x10\0\0\0\0\0"
            "\x01"
            "\0\0\0\0"
            "\x06\0\0\0\0\0\0\0"
            "\0\0\x80\x3F"
            "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
            "\0\0\0\xC0"s);
}

}  // namespace
}  // namespace derrd
