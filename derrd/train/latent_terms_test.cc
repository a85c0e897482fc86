// Terms that compare representations: DE, HINT, FTD and HTD around a student.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

#include "derrd/core/error.h"
#include "derrd/core/random.h"
#include "derrd/losses/de.h"
#include "derrd/losses/ftd.h"
#include "derrd/losses/hint.h"
#include "derrd/losses/htd.h"
#include "derrd/train/de_term.h"
#include "derrd/train/ftd_term.h"
#include "derrd/train/hint_term.h"
#include "derrd/train/htd_term.h"
#include "derrd/train/test_terms.h"

namespace derrd {
namespace {

using testing::FloatNear;
using testing::Pointwise;

class LatentTermsTest : public TermsTest {
 protected:
  Matrix<float> RowsOf(const Model& model, Side side, std::span<const std::int32_t> entities) {
    Matrix<float> rows(entities.size(), model.representation_width());
    model.Representations(side, entities, rows);
    return rows;
  }
  // The batch's users, and its items without regard to which are positive.
  struct Entities {
    std::vector<std::int32_t> users, items;
  };
  Entities EntitiesOf(const Batch& batch) {
    std::set<std::int32_t> items(batch.distinct_positives.begin(), batch.distinct_positives.end());
    items.insert(batch.distinct_negatives.begin(), batch.distinct_negatives.end());
    return {{batch.distinct_users.begin(), batch.distinct_users.end()},
            {items.begin(), items.end()}};
  }
  Matrix<float> Stacked(const Model& model, const Entities& entities) {
    const Matrix<float> users = RowsOf(model, Side::kUser, entities.users);
    const Matrix<float> items = RowsOf(model, Side::kItem, entities.items);
    Matrix<float> all(users.rows() + items.rows(), users.cols());
    std::ranges::copy(users.view().elements(), all.data());
    std::ranges::copy(items.view().elements(), all.data() + users.size());
    return all;
  }
  // `gradient`: of the rows as they are stacked.
  void ExpectStackedGradient(const Entities& entities, const Matrix<float>& gradient) {
    // The sums are of many terms of that size, in an order that instruction sets choose.
    const float tolerance = 1e-5f * std::ranges::max(gradient.view().elements());
    for (std::size_t r = 0; r < gradient.rows(); ++r) {
      const bool is_user = r < entities.users.size();
      const std::int32_t entity =
          is_user ? entities.users[r] : entities.items[r - entities.users.size()];
      const std::span<const float> row(gradient.row(r), gradient.cols());
      EXPECT_THAT(GradientOf(is_user ? Side::kUser : Side::kItem, entity),
                  Pointwise(FloatNear(tolerance), row));
    }
  }
  static float Norm(const Matrix<float>& matrix) {
    float sum = 0;
    for (const float x : matrix.view().elements()) sum += x * x;
    return sum;
  }
};

TEST_F(LatentTermsTest, TheWeightScalesTheGradientAndNotTheReportedLoss) {
  HintTerm hint1(teacher_, 3, {0.5}, 5), hint2(teacher_, 3, {1.0}, 5);
  ExpectTheWeightScalesTheGradientAlone(hint1, hint2);
  FtdTerm ftd1(teacher_, {0.5}), ftd2(teacher_, {1.0});
  ExpectTheWeightScalesTheGradientAlone(ftd1, ftd2);
  HtdTermOptions options;
  options.groups = 4;
  options.weight = 0.5;
  HtdTerm htd1(teacher_, 3, options, 5);
  options.weight = 1.0;
  HtdTerm htd2(teacher_, 3, options, 5);
  ExpectTheWeightScalesTheGradientAlone(htd1, htd2);
}

TEST_F(LatentTermsTest, FtdIsTheLossOfTheBatchsDistinctUsersAndItemsTogether) {
  FtdTerm term(teacher_, {2.0});
  const double loss = Step(term, 0);
  const Entities entities = EntitiesOf(batches_.Get(0, 0, parallel_));
  const Matrix<float> student = Stacked(student_, entities);
  Matrix<float> gradient(student.rows(), student.cols());
  FtdLoss<float> ftd;
  const double expected =
      ftd.Compute(student, Stacked(teacher_, entities), 2.0f, gradient, parallel_);
  EXPECT_NEAR(loss / expected, 1.0, 1e-5);
  ExpectStackedGradient(entities, gradient);
}

TEST_F(LatentTermsTest, HtdsTopologyIsOfGroupsOfUsersAndOthersOfItems) {
  for (EmbeddingTable* table : teacher_.tables()) {  // or the biases alone would choose
    for (float& x : table->values.view().elements()) x *= 50.0f;
  }
  HtdTermOptions options;
  options.groups = 5;
  options.weight = 0.7;
  options.alpha = 1.0;
  HtdTerm term(teacher_, 3, options, 5);
  const double loss = Step(term, 0);
  const Entities entities = EntitiesOf(batches_.Get(0, 0, parallel_));
  const Matrix<float> student = Stacked(student_, entities), teacher = Stacked(teacher_, entities);
  std::vector<std::uint32_t> group_of;
  for (std::size_t r = 0; r < teacher.rows(); ++r) {
    const bool is_user = r < entities.users.size();
    const Matrix<float>& selection = term.parameters()[is_user ? 4 : 10]->values;
    std::vector<float> logits;
    for (std::size_t g = 0; g < 5; ++g) {
      logits.push_back(term.parameters()[is_user ? 5 : 11]->values(0, g));
      for (std::size_t c = 0; c < 6; ++c) logits[g] += teacher(r, c) * selection(c, g);
    }
    const auto best = std::ranges::max_element(logits) - logits.begin();
    group_of.push_back(static_cast<std::uint32_t>(best + (is_user ? 0 : 5)));
  }
  EXPECT_GT(std::set(group_of.begin(), group_of.end()).size(), 5u) << "no number for both sides";
  const Grouping grouping = GroupRows(group_of, 10);
  Matrix<float> of_student, of_teacher, gradient(student.rows(), 3);
  Prototypes<float>(student, grouping, of_student);
  Prototypes<float>(teacher, grouping, of_teacher);
  HtdLoss<float> htd;
  const double expected =
      htd.Compute(student, teacher, grouping, of_student, of_teacher, 0.7f, gradient, parallel_);
  EXPECT_NEAR(loss / expected, 1.0, 1e-5);
  ExpectStackedGradient(entities, gradient);
}

// Each list by itself, with Gumbel draws of its own.
TEST_F(LatentTermsTest, DeWeighsUsersByOneAndPositivesAndNegativesByOneHalf) {
  Spread(50.0f);
  DeTermOptions options;
  options.experts = 5;
  options.weight = 0.3;
  options.routing_tolerance = 0.0;
  DeTerm term(teacher_, 3, options, 5);
  const double loss = Step(term, 0);
  const Batch& batch = batches_.Get(0, 0, parallel_);
  Matrix<double> users(dataset_.users(), 3), items(dataset_.items(), 3);  // gradients
  const auto compute = [&](Side side, std::span<const std::int32_t> entities, Role role,
                           double weight) {
    const auto parameters = term.parameters().subspan(side == Side::kUser ? 0 : 6, 6);
    std::vector<Matrix<float>> unused;
    for (const DenseParameter* p : parameters) {
      unused.emplace_back(p->values.rows(), p->values.cols());
    }
    const auto values = [&](std::size_t p) { return std::as_const(parameters[p]->values).view(); };
    Matrix<float> gumbel(entities.size(), 5), gradient(entities.size(), 3);
    for (std::size_t n = 0; n < entities.size(); ++n) {
      RandomStream stream(5, role, batch.step, static_cast<std::uint64_t>(entities[n]));
      for (std::size_t m = 0; m < 5; ++m) gumbel(n, m) = stream.Gumbel();
    }
    const std::vector<float> row_weights(entities.size(), 1.0f);
    DeLoss<float> de(ExpertShape::For(5, 3, 6));
    const double of_list = de.Compute(
        {values(0), values(1), values(2), values(3), values(4), values(5)},
        RowsOf(student_, side, entities), RowsOf(teacher_, side, entities), gumbel, row_weights,
        {1.0, 0.0, 1.0}, {unused[0], unused[1], unused[2], unused[3], unused[4], unused[5]},
        gradient, parallel_);
    Matrix<double>& gradients = side == Side::kUser ? users : items;
    for (std::size_t n = 0; n < entities.size(); ++n) {
      for (std::size_t c = 0; c < 3; ++c) {
        gradients(static_cast<std::size_t>(entities[n]), c) +=
            0.3 * weight * static_cast<double>(gradient(n, c));
      }
    }
    return weight * of_list;
  };
  const double expected =
      compute(Side::kUser, batch.distinct_users, Role::kGumbelUser, 1.0) +
      compute(Side::kItem, batch.distinct_positives, Role::kGumbelPositive, 0.5) +
      compute(Side::kItem, batch.distinct_negatives, Role::kGumbelNegative, 0.5);
  EXPECT_NEAR(loss / expected, 1.0, 1e-5);
  EXPECT_GT(GradientNorm(), 0.1);
  ExpectTableGradients(users, items, 1e-5);
}

TEST_F(LatentTermsTest, HintWeighsPositivesAndNegativesByOneHalf) {
  HintTerm term(teacher_, 3, {1.0}, 5);
  const double loss = Step(term, 0);
  const Batch& batch = batches_.Get(0, 0, parallel_);
  const auto compute = [&](Side side, std::size_t first, std::span<const std::int32_t> entities) {
    const Matrix<float> student = RowsOf(student_, side, entities);
    Matrix<float> gradient(student.rows(), student.cols());
    std::vector<Matrix<float>> unused;
    for (std::size_t p = first; p < first + 4; ++p) {
      unused.emplace_back(term.parameters()[p]->values.rows(), term.parameters()[p]->values.cols());
    }
    const auto values = [&](std::size_t p) {
      return std::as_const(term.parameters()[first + p]->values).view();
    };
    const std::vector<float> row_weights(entities.size(), 1.0f);
    HintLoss<float> hint;
    return hint.Compute({values(0), values(1), values(2), values(3)}, student,
                        RowsOf(teacher_, side, entities), row_weights, 1.0f,
                        {unused[0], unused[1], unused[2], unused[3]}, gradient, parallel_);
  };
  const double expected = compute(Side::kUser, 0, batch.distinct_users) +
                          0.5 * compute(Side::kItem, 4, batch.distinct_positives) +
                          0.5 * compute(Side::kItem, 4, batch.distinct_negatives);
  EXPECT_NEAR(loss / expected, 1.0, 1e-5);
}

// The loss and the gradients are linear in alpha, between the assignment's and the topology's.
TEST_F(LatentTermsTest, HtdMixesTopologyAndAssignmentByAlpha) {
  HtdTermOptions options;
  options.groups = 4;
  options.weight = 1.0;
  std::vector<double> losses;
  std::vector<std::vector<float>> of_student;
  std::vector<float> of_network;
  for (const double alpha : {0.0, 0.25, 1.0}) {
    options.alpha = alpha;
    HtdTerm term(teacher_, 3, options, 5);
    losses.push_back(Step(term, 0));
    const Batch& batch = batches_.Get(0, 0, parallel_);
    of_student.push_back(GradientOf(Side::kUser, batch.distinct_users[0]));
    of_network.push_back(Norm(term.parameters()[0]->gradient));
  }
  EXPECT_NEAR(losses[1], 0.75 * losses[0] + 0.25 * losses[2], 1e-6 * losses[1]);
  EXPECT_NE(losses[0], losses[2]);
  for (std::size_t c = 0; c < 3; ++c) {
    const float mixed = 0.75f * of_student[0][c] + 0.25f * of_student[2][c];
    EXPECT_NEAR(of_student[1][c], mixed, 1e-3f * std::abs(mixed) + 1e-4f);
    EXPECT_NE(of_student[0][c], of_student[2][c]);
  }
  EXPECT_GT(of_network[0], 0.0f);
  EXPECT_NEAR(of_network[1] / of_network[0], 0.75f * 0.75f, 1e-4f);
  EXPECT_EQ(of_network[2], 0.0f);
}

TEST_F(LatentTermsTest, HtdsTemperatureFallsByEpochs) {
  HtdTermOptions options;
  options.groups = 4;
  HtdTerm term(teacher_, 3, options, 5);
  Step(term, 50);
  EXPECT_NEAR(term.Diagnostics()["temperature"].get<double>() / 1e-5, 1.0, 1e-9);
  Step(term, 1000);
  EXPECT_NEAR(term.Diagnostics()["temperature"].get<double>() / 1e-10, 1.0, 1e-9);
}

// In one objective they learn side by side, from draws of their own.
TEST_F(LatentTermsTest, HtdsNetworksAreNotThoseOfDe) {
  DeTermOptions de_options;
  de_options.experts = 4;
  HtdTermOptions htd_options;
  htd_options.groups = 4;
  DeTerm de(teacher_, 3, de_options, 5);
  HtdTerm htd(teacher_, 3, htd_options, 5);
  for (std::size_t p = 0; p < 12; ++p) {
    EXPECT_NE(de.parameters()[p]->name, htd.parameters()[p]->name);
    EXPECT_NE(de.parameters()[p]->values(0, 0), htd.parameters()[p]->values(0, 0));
  }
  EXPECT_EQ(htd.parameters()[0]->name, "htd/user/first");
  EXPECT_EQ(htd.parameters()[11]->name, "htd/item/selection_bias");
}

TEST_F(LatentTermsTest, ARoutingToleranceThatCouldCloseEveryGroupIsRefused) {
  HtdTermOptions options;
  options.groups = 10;
  options.routing_tolerance = 0.5;
  EXPECT_THROW(HtdTerm(teacher_, 3, options, 5), UsageError);
}

}  // namespace
}  // namespace derrd
