#include "derrd/train/optimizer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "derrd/core/error.h"
#include "derrd/train/test_tables.h"

namespace derrd {
namespace {

// The rules that move the touched rows alone, one parameter at a time, in double precision, each
// written down from its paper.
struct OptimizerReference {
  OptimizerKind kind;
  double rate, beta1, beta2, epsilon, l2;
  std::vector<double> w, a, b;  // parameters, and what the rule remembers of each

  void Move(std::size_t i, double gradient, int step) {
    const double g = gradient + l2 * w[i];
    if (kind == OptimizerKind::kRowAdam) {
      a[i] += (1 - beta1) * (g - a[i]);
      b[i] += (1 - beta2) * (g * g - b[i]);
      const double mean = a[i] / (1 - std::pow(beta1, step));
      const double square = b[i] / (1 - std::pow(beta2, step));
      w[i] -= rate * mean / (std::sqrt(square) + epsilon);
    } else if (kind == OptimizerKind::kAdagrad) {
      a[i] += g * g;
      w[i] -= rate * g / (std::sqrt(a[i]) + epsilon);
    } else {
      w[i] -= rate * g;
    }
  }
};

OptimizerReference Start(const OptimizerOptions& options, double rate,
                         const Matrix<float>& values) {
  const std::vector<double> w(values.data(), values.data() + values.size());
  return {options.kind,
          rate,
          options.beta1,
          options.beta2,
          options.epsilon,
          options.l2,
          w,
          std::vector<double>(w.size()),
          std::vector<double>(w.size())};
}

class RowOptimizers : public testing::TestWithParam<const char*> {
 protected:
  RowOptimizers() { options_.kind = OptimizerNamed(GetParam()); }
  OptimizerOptions options_;
};

TEST_P(RowOptimizers, MoveTheTouchedRowsByTheRuleAndNoOther) {
  options_.learning_rate = 0.02;
  options_.l2 = 0.01;
  const Parallel parallel(2);
  for (const std::size_t width : {1, 7, 16, 33, 200}) {
    EmbeddingTable table = RandomTable(23, width);
    OptimizerReference reference = Start(options_, 0.02, table.values);
    const auto optimizer = MakeOptimizer(options_);
    optimizer->Add(&table);
    for (int step = 0; step < 300; ++step) {
      const Matrix<float> before = table.values;
      table.rows = TouchedRows(23, static_cast<std::uint64_t>(step));
      optimizer->BeginStep(parallel);
      FillGradient(table, static_cast<std::uint64_t>(step));
      std::vector<bool> touched(23, false);
      for (std::size_t i = 0; i < table.rows.size(); ++i) {
        const auto r = static_cast<std::size_t>(table.rows[i]);
        touched[r] = true;
        for (std::size_t c = 0; c < width; ++c) {
          reference.Move(r * width + c, static_cast<double>(table.gradient(i, c)), step + 1);
        }
      }
      optimizer->EndStep(parallel);
      for (std::size_t r = 0; r < 23; ++r) {
        if (touched[r]) continue;
        ASSERT_EQ(std::memcmp(table.values.row(r), before.row(r), width * sizeof(float)), 0);
      }
    }
    const Matrix<float> before = table.values;
    optimizer->Flush(parallel);
    for (std::size_t i = 0; i < table.values.size(); ++i) {
      EXPECT_EQ(table.values.data()[i], before.data()[i]);
      ASSERT_NEAR(static_cast<double>(table.values.data()[i]), reference.w[i], 4e-4)
          << "element " << i << " of width " << width;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(, RowOptimizers, testing::Values("row-adam", "adagrad", "sgd"));

class EveryOptimizer : public testing::TestWithParam<const char*> {
 protected:
  EveryOptimizer() { options_.kind = OptimizerNamed(GetParam()); }

  // A run of `steps` over a table and a layer, from where `optimizer` stands.
  static void Steps(Optimizer& optimizer, EmbeddingTable& table, DenseParameter& layer, int steps,
                    const Parallel& parallel) {
    for (int i = 0; i < steps; ++i) {
      const auto step = static_cast<std::uint64_t>(optimizer.step());
      table.rows = TouchedRows(table.values.rows(), step);
      optimizer.BeginStep(parallel);
      FillGradient(table, step);
      RandomStream stream(8, Role::kTest, step, 0);
      for (float& g : layer.gradient.view().elements()) g = stream.Normal();
      optimizer.EndStep(parallel);
    }
    optimizer.Flush(parallel);
  }
  static std::vector<float> Numbers(const EmbeddingTable& table, const DenseParameter& layer) {
    std::vector<float> all(table.values.data(), table.values.data() + table.values.size());
    all.insert(all.end(), layer.values.data(), layer.values.data() + layer.values.size());
    return all;
  }

  OptimizerOptions options_;
};

// Also of dense parameters: they have Adam's step under every rule.
TEST_P(EveryOptimizer, DenseParametersHaveTheOrdinaryAdam) {
  options_.learning_rate = 0.5;
  options_.dense_learning_rate = 0.003;
  DenseParameter layer("layer", 3, 5);
  OptimizerOptions adam = options_;
  adam.kind = OptimizerKind::kRowAdam;
  OptimizerReference reference = Start(adam, 0.003, layer.values);
  const auto optimizer = MakeOptimizer(options_);
  optimizer->Add(&layer);
  const Parallel parallel(1);
  for (int step = 1; step <= 100; ++step) {
    RandomStream stream(7, Role::kTest, static_cast<std::uint64_t>(step), 0);
    for (std::size_t i = 0; i < layer.values.size(); ++i) {
      layer.gradient.data()[i] = stream.Normal();
      reference.Move(i, static_cast<double>(layer.gradient.data()[i]), step);
    }
    optimizer->BeginStep(parallel);
    optimizer->EndStep(parallel);
  }
  for (std::size_t i = 0; i < layer.values.size(); ++i) {
    EXPECT_NEAR(static_cast<double>(layer.values.data()[i]), reference.w[i], 1e-4);
  }
}

TEST_P(EveryOptimizer, GoesOnFromItsStateWithTheSameBitsAtAnyNumberOfThreads) {
  std::vector<float> whole;
  for (const int threads : {1, 3}) {
    const Parallel parallel(threads);
    EmbeddingTable table = RandomTable(3000, 20);  // several tasks
    DenseParameter layer("layer", 30, 7);
    const auto first = MakeOptimizer(options_);
    first->Add(&table);
    first->Add(&layer);
    Steps(*first, table, layer, 40, parallel);

    EmbeddingTable later_table = table;
    DenseParameter later_layer = layer;
    const auto second = MakeOptimizer(options_);
    second->Add(&later_table);
    second->Add(&later_layer);
    const auto from = first->State(), to = second->State();
    ASSERT_EQ(from.size(), to.size());
    for (std::size_t i = 0; i < from.size(); ++i) {
      ASSERT_EQ(from[i].name, to[i].name);
      std::ranges::copy(from[i].values.elements(), to[i].values.elements().begin());
    }
    second->SetStep(first->step());

    Steps(*first, table, layer, 30, parallel);
    Steps(*second, later_table, later_layer, 30, parallel);
    EXPECT_EQ(Numbers(table, layer), Numbers(later_table, later_layer));
    if (whole.empty()) whole = Numbers(table, layer);
    EXPECT_EQ(Numbers(table, layer), whole);
  }
}

// What it keeps is what is said of it, where the memory of a run is foreseen.
TEST_P(EveryOptimizer, KeepsAsManyNumbersAsItSays) {
  EmbeddingTable table = RandomTable(50, 20);
  const auto optimizer = MakeOptimizer(options_);
  optimizer->Add(&table);
  double bytes = options_.kind == OptimizerKind::kAdam ? 4.0 * 50 : 0.0;
  for (const NamedMatrix& tensor : optimizer->State()) {
    bytes += static_cast<double>(tensor.values.size() * sizeof(float));
  }
  EXPECT_EQ(StateBytes(options_.kind, 50, 20), bytes);
}

TEST_P(EveryOptimizer, AnEmptyStepIsNoHarm) {
  EmbeddingTable table = RandomTable(3, 5);
  const auto optimizer = MakeOptimizer(options_);
  optimizer->Add(&table);
  const Parallel parallel(1);
  optimizer->BeginStep(parallel);
  optimizer->EndStep(parallel);
  optimizer->Flush(parallel);
  EXPECT_EQ(optimizer->step(), 1);
  for (const float x : table.values.view().elements()) EXPECT_TRUE(std::isfinite(x));
}

INSTANTIATE_TEST_SUITE_P(, EveryOptimizer, testing::Values("adam", "row-adam", "adagrad", "sgd"));

TEST(OptimizerOptions, RatesSuitTheKindUnlessGiven) {
  OptimizerOptions options;
  EXPECT_EQ(options.TableRate(), 1e-3);
  options.learning_rate = 0.01;
  EXPECT_EQ(options.DenseRate(), 0.01);
  options.kind = OptimizerKind::kSgd;
  EXPECT_EQ(options.TableRate(), 0.01);
  EXPECT_EQ(options.DenseRate(), 1e-3);
  options.dense_learning_rate = 0.5;
  EXPECT_EQ(options.DenseRate(), 0.5);
  EXPECT_THROW(OptimizerNamed("adamw"), UsageError);
  for (const std::string& name : OptimizerNames()) EXPECT_EQ(Name(OptimizerNamed(name)), name);
}

}  // namespace
}  // namespace derrd
