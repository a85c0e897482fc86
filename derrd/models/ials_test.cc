#include "derrd/models/ials.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "derrd/core/test_folder.h"
#include "derrd/models/test_step.h"

namespace derrd {
namespace {

// Solves A x = b by elimination with pivots.
std::vector<double> SolveDense(Matrix<double> a, std::vector<double> b) {
  const std::size_t n = b.size();
  for (std::size_t k = 0; k < n; ++k) {
    std::size_t pivot = k;
    for (std::size_t r = k + 1; r < n; ++r) {
      if (std::abs(a(r, k)) > std::abs(a(pivot, k))) pivot = r;
    }
    for (std::size_t c = 0; c < n; ++c) std::swap(a(k, c), a(pivot, c));
    std::swap(b[k], b[pivot]);
    for (std::size_t r = k + 1; r < n; ++r) {
      const double factor = a(r, k) / a(k, k);
      for (std::size_t c = k; c < n; ++c) a(r, c) -= factor * a(k, c);
      b[r] -= factor * b[k];
    }
  }
  for (std::size_t k = n; k-- > 0;) {
    for (std::size_t c = k + 1; c < n; ++c) b[k] -= a(k, c) * b[c];
    b[k] /= a(k, k);
  }
  return b;
}

// The normal equations of every row as the objective gives them, over all pairs.
Matrix<double> SolveAll(const WeightedListsView& weighted, MatrixView<const double> others,
                        const IalsOptions& o) {
  const Interactions& lists = weighted.lists;
  Matrix<double> rows(lists.users(), o.width);
  for (std::size_t r = 0; r < lists.users(); ++r) {
    Matrix<double> a(o.width, o.width);
    std::vector<double> b(o.width, 0.0);
    const auto add = [&](std::size_t i, double weight, double target) {
      for (std::size_t c = 0; c < o.width; ++c) {
        b[c] += weight * target * others(i, c);
        for (std::size_t d = 0; d < o.width; ++d) a(c, d) += weight * others(i, c) * others(i, d);
      }
    };
    for (std::size_t i = 0; i < others.rows(); ++i) add(i, o.unobserved_weight, 0.0);
    double size = o.unobserved_weight * static_cast<double>(others.rows());
    for (std::size_t p = 0; p < lists.Of(r).size(); ++p) {
      const bool alike = weighted.weights.empty();
      const double weight = alike ? 1.0 : static_cast<double>(weighted.WeightsOf(r)[p]);
      const double target = alike ? 1.0 : static_cast<double>(weighted.TargetsOf(r)[p]);
      add(static_cast<std::size_t>(lists.Of(r)[p]), weight, target);
      size += weight;
    }
    for (std::size_t c = 0; c < o.width; ++c) a(c, c) += o.l2 * std::pow(size, o.l2_exponent);
    std::ranges::copy(SolveDense(a, b), rows.row(r));
  }
  return rows;
}

void ExpectNear(MatrixView<const double> found, const Matrix<double>& expected) {
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(found.data()[i], expected.data()[i], 1e-9) << i;
  }
}

// Widths below, among and above the numbers of interactions of a row, so that both ways of solving
// are taken.
TEST(Ials, EachSweepIsTheDenseSolution) {
  const OwnedInteractions lists = RandomLists(30, 19);
  const OwnedInteractions users_of = ByItem(lists.view(), 19);
  for (const std::size_t width : {1, 3, 5, 24}) {
    for (const double exponent : {0.0, 1.0}) {
      const IalsOptions options{width, 0.3, 0.05, exponent};
      Ials ials(lists.view(), 19, options, 4);
      for (int sweep = 0; sweep < 3; ++sweep) {
        const Matrix<double> user = SolveAll(lists.view(), ials.item_rows(), options);
        ials.Sweep(Parallel(2));
        ExpectNear(ials.user_rows(), user);
        ExpectNear(ials.item_rows(), SolveAll(users_of.view(), user, options));
      }
    }
  }
}

// Weights and targets of any size, 0 and below among them; a pair that stands twice counts twice.
TEST(Ials, EachSweepOfWeightedListsIsTheDenseSolution) {
  WeightedLists lists{RandomLists(30, 19), {}, {}};
  const auto twice = static_cast<std::size_t>(lists.lists.offsets[6]);
  ASSERT_GE(lists.lists.offsets[7] - lists.lists.offsets[6], 2);
  lists.lists.items[twice + 1] = lists.lists.items[twice];
  for (std::size_t p = 0; p < lists.lists.items.size(); ++p) {
    lists.weights.push_back(static_cast<float>(p % 5) * 0.3f);
    lists.targets.push_back(1.0f - static_cast<float>(p % 7) * 0.25f);
  }
  const WeightedLists users_of = ByItem(lists.view(), 19);
  for (const std::size_t width : {1, 3, 5, 24}) {
    const IalsOptions options{width, 0.3, 0.05, 0.7};
    Ials ials(lists.view(), 19, options, 4);
    for (int sweep = 0; sweep < 3; ++sweep) {
      const Matrix<double> user = SolveAll(lists.view(), ials.item_rows(), options);
      ials.Sweep(Parallel(2));
      ExpectNear(ials.user_rows(), user);
      ExpectNear(ials.item_rows(), SolveAll(users_of.view(), user, options));
    }
  }
}

TEST(Ials, WithoutAWeightOnTheUnobservedItStillSolves) {
  const OwnedInteractions lists = RandomLists(12, 9);
  const IalsOptions options{4, 0.0, 0.1, 1.0};
  Ials ials(lists.view(), 9, options, 4);
  const Matrix<double> user = SolveAll(lists.view(), ials.item_rows(), {4, 0.0, 0.1, 1.0});
  ials.Sweep(Parallel(1));
  for (std::size_t r = 0; r < 12; ++r) {
    if (lists.view().Of(r).empty()) continue;  // 0 * x = 0: the least x is taken
    for (std::size_t c = 0; c < 4; ++c) EXPECT_NEAR(ials.user_rows()(r, c), user(r, c), 1e-9);
  }
}

TEST(Ials, NobodyDidAnythingIsAModelOfZeros) {
  OwnedInteractions lists;
  lists.offsets.assign(6, 0);
  Ials ials(lists.view(), 4, {3, 0.1, 0.01, 1.0}, 4);
  ials.Sweep(Parallel(1));
  for (const double x : ials.user_rows().elements()) EXPECT_EQ(x, 0.0);
  for (const double x : ials.item_rows().elements()) EXPECT_EQ(x, 0.0);
}

TEST(Ials, PairsOfNoWeightAreNone) {
  OwnedInteractions pairs;
  pairs.offsets = {0, 2, 4};
  pairs.items = {0, 1, 1, 2};
  const std::vector<float> weights{0, 0, 1, 1}, targets{1, 1, 1, 1};
  Ials ials(WeightedListsView(pairs.view(), weights, targets), 4, {3, 0.0, 0.01, 0.5}, 4);
  ials.Sweep(Parallel(1));
  for (std::size_t c = 0; c < 3; ++c) EXPECT_EQ(ials.user_rows()(0, c), 0.0);
  for (const double x : ials.item_rows().elements()) EXPECT_TRUE(std::isfinite(x));
}

TEST(Ials, SameBitsAtAnyNumberOfThreads) {
  const OwnedInteractions lists = RandomLists(500, 300);
  const auto train = [&](int threads) {
    Ials ials(lists.view(), 300, {100, 0.1, 0.01, 1.0}, 4);
    ials.Sweep(Parallel(threads));
    ials.Sweep(Parallel(threads));
    return ials.ToModel();
  };
  const StoredFactors one = train(1), three = train(3);
  EXPECT_TRUE(std::ranges::equal(one.factors()->user.elements(), three.factors()->user.elements()));
  EXPECT_TRUE(std::ranges::equal(one.factors()->item.elements(), three.factors()->item.elements()));
}

TEST(Ials, ItsFileComesBack) {
  const TestFolder folder;
  const OwnedInteractions lists = RandomLists(3, 4);
  Ials ials(lists.view(), 4, {2, 0.1, 0.01, 1.0}, 4);
  ials.Sweep(Parallel(1));
  ModelFile file;
  file.model = std::make_unique<StoredFactors>(ials.ToModel());
  file.user_ids = Ids(std::vector<std::string>{"a", "b", "c"});
  file.item_ids = Ids(std::vector<std::string>{"w", "x", "y", "z"});
  file.config = file.metrics = nlohmann::ordered_json::object();
  file.Write(folder / "model");
  const ModelFile back = ModelFile::Open(folder / "model");
  EXPECT_EQ(back.model->kind(), "ials");
  EXPECT_TRUE(std::ranges::equal(back.model->factors()->item.elements(),
                                 file.model->factors()->item.elements()));
  ExpectAllWaysOfScoringAgree(*back.model);
}

}  // namespace
}  // namespace derrd
