#include "derrd/models/light_gcn.h"

#include <gtest/gtest.h>

#include <limits>

#include "derrd/core/error.h"
#include "derrd/core/test_folder.h"
#include "derrd/models/test_reference.h"
#include "derrd/models/test_step.h"

namespace derrd {
namespace {

TEST(LightGcn, AgreesWithPyTorch) {
  const TestReference reference("light_gcn");
  const OwnedInteractions lists = reference.Lists();
  const Parallel parallel(2);
  LightGcn model(lists.view(), 13, 6, 3, 1);
  reference.Load(model);
  model.Refresh(parallel);
  reference.Expect("user_rows", model.factors()->user);
  reference.Expect("item_rows", model.factors()->item);
  reference.ExpectScoresAndGradients(model, parallel);
}

TEST(LightGcn, GradientsAreThoseOfFiniteDifferences) {
  const OwnedInteractions lists = RandomLists(11, 9);
  for (const int layers : {1, 2, 3}) {
    LightGcn model(lists.view(), 9, 5, layers, 2);
    ScaleParameters(model, 5.0f);
    ExpectStepGradients(model, Parallel(2));
  }
}

TEST(LightGcn, AGraphWithoutAnEdgeIsAScaledFactorModel) {
  OwnedInteractions lists;
  lists.offsets.assign(7, 0);
  LightGcn model(lists.view(), 8, 3, 3, 2);
  model.Refresh(Parallel(1));
  for (EmbeddingTable* table : model.tables()) {
    const auto rows =
        table->name == "user_embedding" ? model.factors()->user : model.factors()->item;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      EXPECT_FLOAT_EQ(rows.data()[i], table->values.data()[i] / 4);
    }
  }
}

TEST(LightGcn, SameBitsAtAnyNumberOfThreads) {
  const OwnedInteractions lists = RandomLists(300, 200);
  LightGcn one(lists.view(), 200, 33, 3, 2), three(lists.view(), 200, 33, 3, 2);
  TestStep(one).Run(one, Parallel(1));
  TestStep(three).Run(three, Parallel(3));
  ExpectSameGradients(one, three);
  one.Refresh(Parallel(1));
  three.Refresh(Parallel(3));
  EXPECT_TRUE(std::ranges::equal(one.factors()->user.elements(), three.factors()->user.elements()));
  EXPECT_TRUE(std::ranges::equal(one.factors()->item.elements(), three.factors()->item.elements()));
}

TEST(LightGcn, ItsFileHoldsTheRowsThatAnswer) {
  const TestFolder folder;
  const OwnedInteractions lists = RandomLists(11, 9);
  LightGcn model(lists.view(), 9, 5, 2, 2);
  model.Refresh(Parallel(1));
  SafetensorsWriter writer("model");
  const auto copy = model.Copy();
  copy->AddTo(writer);
  writer.Write(folder / "model");
  const auto back = LightGcn::FromFile(SafetensorsFile(folder / "model"));
  EXPECT_EQ(back->kind(), "lightgcn");
  EXPECT_EQ(back->parameters(), model.parameters());
  const std::vector<std::int32_t> users{0, 7, 10};
  Matrix<float> a(3, 9), b(3, 9);
  model.ScoreAllItems(users, a);
  back->ScoreAllItems(users, b);
  EXPECT_TRUE(std::ranges::equal(a.view().elements(), b.view().elements()));
  ExpectAllWaysOfScoringAgree(*back);
}

TEST(StoredFactors, ADamagedFileIsRefused) {
  const TestFolder folder;
  const auto refused = [&](Matrix<float> user, Matrix<float> item) {
    SafetensorsWriter writer("model");
    AddFactorsTo({user, item}, writer);
    writer.Write(folder / "model");
    EXPECT_THROW(LightGcn::FromFile(SafetensorsFile(folder / "model")), Error);
  };
  refused(Matrix<float>(2, 3), Matrix<float>(4, 5));
  refused(Matrix<float>(2, 0), Matrix<float>(4, 0));
  Matrix<float> broken(2, 3);
  broken(1, 2) = std::numeric_limits<float>::quiet_NaN();
  refused(broken, Matrix<float>(4, 3));
  refused(Matrix<float>(4, 3), broken);
}

}  // namespace
}  // namespace derrd
