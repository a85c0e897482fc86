#include "derrd/core/error.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace derrd {
namespace {

std::string MessageOfErrno(int code) {
  try {
    errno = code;
    FailWithErrno("open the file", "a/b.tsv");
  } catch (const UsageError&) {
    return "a UsageError";
  } catch (const Error& error) {
    return error.what();
  }
}

TEST(ErrorTest, FailFormatsItsMessage) {
  try {
    Fail("{}:{}: {} columns", "x.tsv", 7, 3);
  } catch (const UsageError&) {
    FAIL() << "no wrong usage was meant";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "x.tsv:7: 3 columns");
  }
}

TEST(ErrorTest, AUsageErrorIsAnErrorOfItsOwn) {
  EXPECT_THROW(Fail<UsageError>("--k {}: too large", 5), UsageError);
  EXPECT_THROW(Fail<UsageError>("--k {}: too large", 5), Error);
}

TEST(ErrorTest, ErrnoIsToldWithThePathAndTheRemedy) {
  EXPECT_EQ(MessageOfErrno(ENOENT),
            "a/b.tsv: cannot open the file: No such file or directory; check the path");
  EXPECT_EQ(MessageOfErrno(EACCES),
            "a/b.tsv: cannot open the file: Permission denied; check its permissions");
  EXPECT_EQ(MessageOfErrno(ENOSPC),
            "a/b.tsv: cannot open the file: No space left on device; free space on that disk and "
            "run again");
  EXPECT_EQ(MessageOfErrno(EIO), "a/b.tsv: cannot open the file: Input/output error");
}

TEST(ErrorTest, BracesInAPathAreNoFormat) {
  errno = ENOENT;
  EXPECT_THROW(FailWithErrno("open the file", "{}{0}"), Error);
}

}  // namespace
}  // namespace derrd
