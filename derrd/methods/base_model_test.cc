#include "derrd/methods/base_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "derrd/core/test_errors.h"

namespace derrd {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(BaseModel, UnknownWordsAreRefusedWithTheNearest) {
  BaseModelOptions options;
  options.kind = "bpr-mff";
  const auto refusal = AllOf(HasSubstr("--model"), HasSubstr("did you mean 'bpr-mf'?"));
  EXPECT_THAT(MessageOf<UsageError>([&] { options.Loss(); }), refusal);
  EXPECT_THAT(MessageOf<UsageError>([&] { options.Negatives(); }), refusal);
  EXPECT_THAT(MessageOf<UsageError>([&] { options.IsSolved(); }), refusal);
  EXPECT_THAT(MessageOf<UsageError>([&] { ConfigOf(options); }), refusal);
  options.kind = "neumf";
  options.loss = "hinge";
  EXPECT_THAT(MessageOf<UsageError>([&] { MakeBaseTerm(options); }),
              AllOf(HasSubstr("--loss"), HasSubstr("'hinge'"), HasSubstr("bpr, bce")));
}

TEST(BaseModel, EveryKindThatIsNotSolvedHasATermForItsLoss) {
  for (const std::string& kind : BaseModelKinds()) {
    BaseModelOptions options;
    options.kind = kind;
    if (options.IsSolved()) continue;
    EXPECT_EQ(MakeBaseTerm(options)->name(), options.Loss()) << kind;
    for (const std::string& loss : BaseLosses()) {
      options.loss = loss;
      EXPECT_EQ(MakeBaseTerm(options)->name(), loss) << kind;
    }
  }
}

}  // namespace
}  // namespace derrd
