#include "derrd/eval/same_ids.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "derrd/core/error.h"

namespace derrd {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string MessageOf(const Ids& model, const Ids& dataset) {
  try {
    CheckSameIds("item", model, "m.derrd", dataset, "d.derrd");
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

TEST(CheckSameIds, NamesBothFilesAndTheFirstDifference) {
  EXPECT_EQ(MessageOf(Ids({"a", "b"}), Ids({"a", "b"})), "");
  EXPECT_THAT(MessageOf(Ids({"a", "b", "c"}), Ids({"a", "x", "y"})),
              AllOf(HasSubstr("m.derrd"), HasSubstr("d.derrd"), HasSubstr("item number 1"),
                    HasSubstr("'b'"), HasSubstr("'x'"), Not(HasSubstr("'y'"))));
  EXPECT_THAT(MessageOf(Ids({"a", "b"}), Ids({"a"})),
              AllOf(HasSubstr("2 items"), HasSubstr("d.derrd has 1")));
  EXPECT_THAT(MessageOf(Ids(), Ids({"a"})), HasSubstr("0 items"));
  EXPECT_NE(MessageOf(Ids({"ab", "c"}), Ids({"a", "bc"})), "");  // the same letters, cut elsewhere
}

}  // namespace
}  // namespace derrd
