#include "derrd/models/cdae.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "derrd/core/error.h"
#include "derrd/core/test_folder.h"
#include "derrd/models/test_reference.h"
#include "derrd/models/test_step.h"

namespace derrd {
namespace {

TEST(Cdae, AgreesWithPyTorch) {
  const TestReference reference("cdae");
  const OwnedInteractions lists = reference.Lists();
  Cdae model(lists.view(), 13, 5, 0.0, 1);
  reference.Load(model);
  reference.ExpectScoresAndGradients(model, Parallel(2));
  std::vector<std::int32_t> users(9);
  std::iota(users.begin(), users.end(), 0);
  Matrix<float> hidden(9, 5);
  model.Representations(Side::kUser, users, hidden);
  reference.Expect("hidden", hidden);
}

TEST(Cdae, GradientsAreThoseOfFiniteDifferences) {
  const OwnedInteractions lists = RandomLists(11, 9);
  for (const double corruption : {0.0, 0.4}) {
    Cdae model(lists.view(), 9, 5, corruption, 2);
    ScaleParameters(model, 3.0f);
    ExpectStepGradients(model, Parallel(2));
  }
}

// A step's hidden layer is that of what it kept; over many steps each item is kept as often as it
// should be, and what a step keeps is a function of the step.
TEST(Cdae, LeavesOutTheShareOfItemsThatWasAskedFor) {
  OwnedInteractions lists{{0, 8, 8}, {0, 1, 2, 3, 4, 5, 6, 7}};
  Cdae model(lists.view(), 8, 1, 0.3, 4);
  for (EmbeddingTable* table : model.tables()) table->values.SetZero();
  for (float& x : model.dense_parameters()[0]->values.view().elements()) x = 0.0f;
  for (std::size_t i = 0; i < 8; ++i) {
    model.tables()[1]->values(i, 0) = 0.01f * static_cast<float>(1 << i);  // reads off which
  }
  const std::vector<std::int32_t> users{1, 0};
  const auto kept_in = [&](std::uint32_t step) {
    model.SelectRows(users, {});
    model.Forward(step, Parallel(1));
    Matrix<float> hidden(2, 1);
    model.Representations(Side::kUser, users, hidden);
    EXPECT_EQ(hidden(0, 0), 0.5f) << "a user of nothing";
    const double z = static_cast<double>(hidden(1, 0));
    return static_cast<unsigned>(std::lround(std::log(z / (1 - z)) * 0.7 / 0.01));
  };
  constexpr int kSteps = 4000;
  std::vector<int> kept(8, 0);
  for (std::uint32_t step = 0; step < kSteps; ++step) {
    const unsigned bits = kept_in(step);
    for (std::size_t i = 0; i < 8; ++i) kept[i] += (bits >> i) & 1 ? 1 : 0;
  }
  for (const int count : kept) EXPECT_NEAR(count, 0.7 * kSteps, 5 * std::sqrt(0.21 * kSteps));
  EXPECT_EQ(kept_in(7), kept_in(7));
}

TEST(Cdae, SameBitsAtAnyNumberOfThreads) {
  const OwnedInteractions lists = RandomLists(300, 200);
  Cdae one(lists.view(), 200, 33, 0.2, 2), three(lists.view(), 200, 33, 0.2, 2);
  TestStep test(one);
  test.users.resize(200);
  std::iota(test.users.begin(), test.users.end(), 0);  // several tasks
  test.Run(one, Parallel(1));
  test.Run(three, Parallel(3));
  ExpectSameGradients(one, three);
}

TEST(Cdae, SomebodyNewIsLikeAUserWithoutARowOfTheirOwn) {
  const OwnedInteractions lists = RandomLists(11, 9);
  Cdae model(lists.view(), 9, 5, 0.2, 2);
  ScaleParameters(model, 3.0f);
  model.tables()[0]->values.SetZero();
  model.Refresh(Parallel(1));
  ExpectAllWaysOfScoringAgree(model);
  const std::vector<std::int32_t> user{6};
  const auto list = lists.view().Of(6);
  ASSERT_GT(list.size(), 1u);
  std::vector<std::int32_t> liked(list.rbegin(), list.rend());
  liked.push_back(list[0]);  // repeats count once
  Matrix<float> expected(1, 9);
  std::vector<float> found(9);
  model.ScoreAllItems(user, expected);
  model.ScoreAllItemsForLiked(liked, found);
  for (std::size_t i = 0; i < 9; ++i) EXPECT_NEAR(found[i], expected(0, i), 1e-6);
}

class CdaeFileTest : public testing::Test {
 protected:
  void Write(const OwnedInteractions& lists, const std::function<void(Cdae&)>& damage) {
    Cdae model(lists.view(), 9, 5, 0.2, 2);
    damage(model);
    SafetensorsWriter writer("model");
    model.AddTo(writer);
    writer.Write(folder_ / "model");
  }
  std::unique_ptr<Cdae> Read() { return Cdae::FromFile(SafetensorsFile(folder_ / "model")); }

  TestFolder folder_;
  OwnedInteractions lists_ = RandomLists(11, 9);
};

TEST_F(CdaeFileTest, ComesBackAsItWasWritten) {
  Write(lists_, [](Cdae&) {});
  Cdae model(lists_.view(), 9, 5, 0.2, 2);
  model.Refresh(Parallel(1));
  const auto back = Read();
  const auto copy = model.Copy();
  EXPECT_EQ(back->kind(), "cdae");
  EXPECT_EQ(back->parameters(), model.parameters());
  const std::vector<std::int32_t> users{0, 5, 10};
  Matrix<float> expected(3, 9), found(3, 9);
  model.ScoreAllItems(users, expected);
  for (const Model* other :
       {static_cast<const Model*>(back.get()), static_cast<const Model*>(copy.get())}) {
    other->ScoreAllItems(users, found);
    EXPECT_TRUE(std::ranges::equal(expected.view().elements(), found.view().elements()));
  }
}

TEST_F(CdaeFileTest, ADamagedFileIsRefused) {
  const std::vector<std::function<void(Cdae&)>> damages = {
      [](Cdae& m) { m.tables()[0]->values = Matrix<float>(11, 4); },
      [](Cdae& m) { m.tables()[0]->values = Matrix<float>(10, 5); },
      [](Cdae& m) { m.tables()[1]->values = Matrix<float>(8, 5); },
      [](Cdae& m) { m.tables()[2]->values = Matrix<float>(2, 5); },
      [](Cdae& m) { m.tables()[3]->values = Matrix<float>(9, 2); },
      [](Cdae& m) { m.dense_parameters()[0]->values = Matrix<float>(1, 4); },
      [](Cdae& m) { m.tables()[3]->values(1, 0) = std::numeric_limits<float>::quiet_NaN(); }};
  for (std::size_t d = 0; d < damages.size(); ++d) {
    Write(lists_, damages[d]);
    EXPECT_THROW(Read(), Error) << d;
  }
  OwnedInteractions broken = lists_;
  broken.items[2] = 9;
  Write(broken, [](Cdae&) {});
  EXPECT_THROW(Read(), Error) << "an item that is not there";
  broken = lists_;
  broken.offsets[4] = -3;
  Write(broken, [](Cdae&) {});
  EXPECT_THROW(Read(), Error) << "offsets that do not ascend";
}

}  // namespace
}  // namespace derrd
