#include "derrd/methods/method.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "derrd/core/error.h"
#include "derrd/core/test_errors.h"
#include "derrd/methods/method_table.h"
#include "derrd/models/bpr_mf.h"
#include "derrd/models/ranked_lists.h"
#include "derrd/models/representations_only.h"

namespace derrd {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> NamesOf(const MethodSum& sum) {
  std::vector<std::string> names;
  for (const Method* method : sum.methods) names.push_back(method->info().name);
  return names;
}

TEST(MethodTable, ASumIsNamedInTheOrderOfTheTable) {
  const MethodTable table;
  for (const std::string text : {"de-rrd", "de+rrd", "rrd+de"}) {
    const MethodSum sum = table.Parse(text);
    EXPECT_EQ(sum.name, "de-rrd");
    EXPECT_THAT(NamesOf(sum), ElementsAre("de", "rrd"));
  }
  EXPECT_EQ(table.Parse("rrd").name, "rrd");
  EXPECT_EQ(table.Parse("ir+rrd").name, "ir-rrd");
  EXPECT_EQ(table.Parse("ir-rrd+de").name, "de+rrd+ir");
  for (const std::string text : {"none", "svd"}) {
    EXPECT_EQ(table.Parse(text).name, text);
    EXPECT_TRUE(table.Parse(text).methods.empty());
  }
}

TEST(MethodTable, WhatIsNoSumIsRefused) {
  const MethodTable table;
  for (const std::string text :
       {"", "+", "de+", "+de", "de++rrd", "de rrd", "Rrd", "de+de", "de-rrd+de", "none+none",
        "svd+de", "none+rrd", "als+de", "rrd+als", "ir", "ir+de", "ir-rrd+rrd"}) {
    EXPECT_THROW(table.Parse(text), UsageError) << text;
  }
}

TEST(MethodTable, HetCompAndAlsTakeThePlaceOfTheBaseLoss) {
  const MethodTable table;
  for (const auto& method : table.methods()) {
    const MethodInfo info = method->info();
    if (!info.builds_on.empty()) continue;
    EXPECT_EQ(table.Parse(info.name).HasBase(), info.name != "hetcomp" && info.name != "als")
        << info.name;
  }
  EXPECT_FALSE(table.Parse("de+hetcomp").HasBase());
  EXPECT_TRUE(table.Parse("none").HasBase());
}

class Asking : public Method {
 public:
  explicit Asking(TeacherNeed need) : need_(need) {}
  MethodInfo info() const override { return {"asking", "", need_, ""}; }
  std::unique_ptr<Term> MakeTerm(const MethodContext&) const override { return nullptr; }

 private:
  TeacherNeed need_;
};

TEST(Method, SaysWhatATeacherLacks) {
  const BprMf whole(3, 4, 2, 1), bare(3, 4, 0, 1);
  for (const TeacherNeed need : {TeacherNeed::kNothing, TeacherNeed::kRankings,
                                 TeacherNeed::kScores, TeacherNeed::kRepresentations}) {
    EXPECT_EQ(Asking(need).Lacks(whole), "") << Name(need);
  }
  EXPECT_EQ(Asking(TeacherNeed::kRankings).Lacks(bare), "");
  EXPECT_THAT(Asking(TeacherNeed::kRepresentations).Lacks(bare), HasSubstr("representations"));
}

TEST(Method, SaysWhatATeacherOfRankingsOrOfRowsLacks) {
  const RankedLists lists({0, 1}, {0}, {}, 2);
  const RepresentationsOnly rows(Matrix<float>(1, 3), Matrix<float>(2, 3));
  EXPECT_EQ(Asking(TeacherNeed::kNothing).Lacks(lists), "");
  EXPECT_EQ(Asking(TeacherNeed::kRankings).Lacks(lists), "");
  EXPECT_THAT(Asking(TeacherNeed::kScores).Lacks(lists), HasSubstr("no score"));
  EXPECT_THAT(Asking(TeacherNeed::kRepresentations).Lacks(lists), HasSubstr("representations"));
  EXPECT_EQ(Asking(TeacherNeed::kRepresentations).Lacks(rows), "");
  EXPECT_THAT(Asking(TeacherNeed::kScores).Lacks(rows), HasSubstr("no score"));
  EXPECT_THAT(Asking(TeacherNeed::kRankings).Lacks(rows), HasSubstr("neither rankings nor"));
}

TEST(MethodTable, RefusesATeacherThatLacksWhatIsNeeded) {
  const MethodTable table;
  const BprMf whole(3, 4, 2, 1), bare(3, 4, 0, 1);
  EXPECT_NO_THROW(CheckTeacher(table.Parse("de-rrd"), "t.derrd", whole));
  EXPECT_NO_THROW(CheckTeacher(table.Parse("rrd"), "t.derrd", bare));
  EXPECT_NO_THROW(CheckTeacher(table.Parse("none"), "t.derrd", bare));
  for (const std::string text : {"de", "rrd+de", "hint", "ftd", "htd"}) {
    EXPECT_THAT(MessageOf<UsageError>([&] { CheckTeacher(table.Parse(text), "t.derrd", bare); }),
                AllOf(HasSubstr("--method"), HasSubstr("needs representations"),
                      HasSubstr("t.derrd (bpr-mf) has no representations")));
  }
}

}  // namespace
}  // namespace derrd
