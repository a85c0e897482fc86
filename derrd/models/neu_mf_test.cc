#include "derrd/models/neu_mf.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <limits>

#include "derrd/core/error.h"
#include "derrd/core/test_folder.h"
#include "derrd/models/test_reference.h"
#include "derrd/models/test_step.h"

namespace derrd {
namespace {

// Away from zero, where the layers do something.
NeuMf SmallNeuMf(std::size_t width, int layers, std::size_t users = 6, std::size_t items = 9) {
  return NeuMf(NeuMfShape::For(users, items, width, layers), 3);
}

TEST(NeuMf, AgreesWithPyTorch) {
  const TestReference reference("neu_mf");
  NeuMf model({9, 13, 3, 4, {4, 2, 1}}, 1);
  reference.Load(model);
  reference.ExpectScoresAndGradients(model, Parallel(2));
}

TEST(NeuMf, HalvesTheWidthLayerByLayer) {
  const NeuMfShape shape = NeuMfShape::For(2, 3, 21, 6);
  EXPECT_EQ(shape.gmf_width, 10u);
  EXPECT_EQ(shape.mlp_width, 11u);
  EXPECT_EQ(shape.hidden_widths, (std::vector<std::size_t>{11, 5, 2, 1, 1, 1}));
}

TEST(NeuMf, GradientsAreThoseOfFiniteDifferences) {
  for (const int layers : {1, 2, 3}) {
    NeuMf model = SmallNeuMf(9, layers);
    ScaleParameters(model, 60.0f);
    for (DenseParameter* parameter : model.dense_parameters()) {
      if (!parameter->name.ends_with("bias")) continue;
      RandomStream stream(1, Role::kTest, 0, parameter->values.size());
      for (float& x : parameter->values.view().elements()) x = 0.3f * stream.Normal();
    }
    ExpectStepGradients(model, Parallel(2), /*step=*/2e-3f);
  }
}

TEST(NeuMf, AllWaysOfScoringAgree) {
  NeuMf model = SmallNeuMf(12, 2, 5, 600);  // more items than a block
  ScaleParameters(model, 60.0f);
  model.Refresh(Parallel(2));
  ExpectAllWaysOfScoringAgree(model);
}

TEST(NeuMf, SameBitsAtAnyNumberOfThreads) {
  NeuMf one = SmallNeuMf(33, 3, 300, 200), three = SmallNeuMf(33, 3, 300, 200);
  std::vector<std::int32_t> users(300), items(200), pair_users, pair_items;
  for (std::size_t u = 0; u < 300; ++u) users[u] = static_cast<std::int32_t>(u);
  for (std::size_t i = 0; i < 200; ++i) items[i] = static_cast<std::int32_t>(i);
  for (std::size_t p = 0; p < 5000; ++p) {
    pair_users.push_back(static_cast<std::int32_t>(p * p % 300));
    pair_items.push_back(static_cast<std::int32_t>(p * 7 % 200));
  }
  const std::vector<float> gradients(5000, 0.3f);
  const auto run = [&](NeuMf& model, int threads) {
    const Parallel parallel(threads);
    std::vector<float> scores(5000);
    model.SelectRows(users, items);
    model.Forward(0, parallel);
    model.Scores({pair_users, {}, pair_items}, scores, parallel);
    model.AddScoreGradients({pair_users, {}, pair_items}, gradients);
    model.Backward(parallel);
    return scores;
  };
  EXPECT_EQ(run(one, 1), run(three, 3));
  ExpectSameGradients(one, three);
}

TEST(NeuMf, AStepWithoutAPairHasNoGradient) {
  NeuMf model = SmallNeuMf(8, 2);
  for (int step = 0; step < 2; ++step) {  // the first leaves something behind
    TestStep test(model);
    if (step == 0) {
      test.Run(model, Parallel(1));
      continue;
    }
    model.SelectRows(test.users, {});
    model.Forward(1, Parallel(1));
    model.Backward(Parallel(1));
  }
  for (DenseParameter* parameter : model.dense_parameters()) {
    for (const float g : parameter->gradient.view().elements()) EXPECT_EQ(g, 0.0f);
  }
}

class NeuMfFileTest : public testing::Test {
 protected:
  // Writes a model after `damage` was done to it.
  void Write(const std::function<void(NeuMf&)>& damage) {
    NeuMf model = SmallNeuMf(8, 2);
    damage(model);
    SafetensorsWriter writer("model");
    model.AddTo(writer);
    writer.Write(folder_ / "model");
  }
  std::unique_ptr<NeuMf> Read() { return NeuMf::FromFile(SafetensorsFile(folder_ / "model")); }

  TestFolder folder_;
};

TEST_F(NeuMfFileTest, ComesBackAsItWasWritten) {
  Write([](NeuMf&) {});
  NeuMf model = SmallNeuMf(8, 2);
  model.Refresh(Parallel(1));
  const auto back = Read(),
             copy = std::unique_ptr<NeuMf>(static_cast<NeuMf*>(model.Copy().release()));
  EXPECT_EQ(back->kind(), "neumf");
  EXPECT_EQ(back->parameters(), model.parameters());
  const std::vector<std::int32_t> users{0, 5};
  Matrix<float> expected(2, 9), found(2, 9);
  model.ScoreAllItems(users, expected);
  for (const NeuMf* other : {back.get(), copy.get()}) {
    other->ScoreAllItems(users, found);
    EXPECT_TRUE(std::ranges::equal(expected.view().elements(), found.view().elements()));
  }
  std::vector<float> out(9);
  EXPECT_THROW(back->ScoreAllItemsForLiked(users, out), Error);
}

TEST_F(NeuMfFileTest, ADamagedFileIsRefused) {
  const auto reshape = [](Matrix<float>& values, std::size_t rows, std::size_t cols) {
    values = Matrix<float>(rows, cols);
  };
  const std::vector<std::function<void(NeuMf&)>> damages = {
      [&](NeuMf& m) { reshape(m.tables()[1]->values, 9, 5); },
      [&](NeuMf& m) { reshape(m.tables()[2]->values, 5, 4); },
      [&](NeuMf& m) { reshape(m.tables()[3]->values, 9, 3); },
      [&](NeuMf& m) { reshape(m.dense_parameters()[0]->values, 7, 4); },
      [&](NeuMf& m) { reshape(m.dense_parameters()[2]->values, 1, 3); },
      [&](NeuMf& m) { reshape(m.dense_parameters()[4]->values, 3, 2); },
      [&](NeuMf& m) { m.dense_parameters()[0]->name = "layer9_weights"; },
      [](NeuMf& m) { m.tables()[0]->values(2, 1) = std::numeric_limits<float>::infinity(); },
      [](NeuMf& m) { m.dense_parameters()[3]->values(0, 0) = std::nanf(""); }};
  for (std::size_t d = 0; d < damages.size(); ++d) {
    Write(damages[d]);
    EXPECT_THROW(Read(), Error) << d;
  }
}

}  // namespace
}  // namespace derrd
