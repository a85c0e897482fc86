#include "derrd/train/adam.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "derrd/core/random.h"
#include "derrd/train/test_tables.h"

namespace derrd {
namespace {

// Adam as a dense implementation does it, in double precision: every row at every step.
class DenseReference {
 public:
  DenseReference(const Matrix<float>& start, const OptimizerOptions& options)
      : options_(options),
        w_(start.data(), start.data() + start.size()),
        m_(w_.size()),
        v_(w_.size()) {}

  void Step(const std::vector<double>& gradient) {
    ++step_;
    for (std::size_t i = 0; i < w_.size(); ++i) {
      const double g = gradient[i] + options_.l2 * w_[i];
      m_[i] = options_.beta1 * m_[i] + (1 - options_.beta1) * g;
      v_[i] = options_.beta2 * v_[i] + (1 - options_.beta2) * g * g;
      const double m_hat = m_[i] / (1 - std::pow(options_.beta1, step_));
      const double v_hat = v_[i] / (1 - std::pow(options_.beta2, step_));
      w_[i] -= options_.TableRate() * m_hat / (std::sqrt(v_hat) + options_.epsilon);
    }
  }
  const std::vector<double>& values() const { return w_; }

 private:
  OptimizerOptions options_;
  int step_ = 0;
  std::vector<double> w_, m_, v_;
};

// Rounding differs by a few units in the last place a step; a step moves by about the rate.
double Tolerance(const OptimizerOptions& options) { return 0.02 * options.TableRate(); }

void ExpectNear(const Matrix<float>& found, const std::vector<double>& expected, int step,
                const OptimizerOptions& options = OptimizerOptions()) {
  for (std::size_t i = 0; i < expected.size(); ++i) {
    ASSERT_NEAR(found.data()[i], expected[i], Tolerance(options))
        << "element " << i << " after step " << step;
  }
}

void RunAgainstDense(std::size_t width, const OptimizerOptions& options, int steps) {
  const std::size_t rows = 23;
  const Parallel parallel(2);
  EmbeddingTable table = RandomTable(rows, width);
  DenseReference reference(table.values, options);
  Adam adam(options);
  adam.Add(&table);
  for (int step = 0; step < steps; ++step) {
    table.rows = TouchedRows(rows, static_cast<std::uint64_t>(step));
    adam.BeginStep(parallel);
    FillGradient(table, static_cast<std::uint64_t>(step));
    std::vector<double> dense(table.values.size(), 0.0);
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
      // A touched row is up to date before its gradient is taken, as a dense Adam's would be.
      const auto r = static_cast<std::size_t>(table.rows[i]);
      for (std::size_t c = 0; c < width; ++c) {
        ASSERT_NEAR(table.values(r, c), reference.values()[r * width + c], Tolerance(options));
        dense[r * width + c] = static_cast<double>(table.gradient(i, c));
      }
    }
    adam.EndStep(parallel);
    reference.Step(dense);
  }
  adam.Flush(parallel);
  ExpectNear(table.values, reference.values(), steps, options);
}

TEST(Adam, LazyRowsAgreeWithADenseAdamAtEveryStep) {
  for (const std::size_t width : {1, 7, 16, 20, 33, 200})
    RunAgainstDense(width, OptimizerOptions(), 300);
}

TEST(Adam, AgreesOverThousandsOfSteps) { RunAgainstDense(20, OptimizerOptions(), 4000); }

TEST(Adam, AgreesWithoutL2AndWithOtherSettings) {
  OptimizerOptions options;
  options.l2 = 0.0;
  RunAgainstDense(20, options, 300);
  options.learning_rate = 0.01;
  options.beta1 = 0.5;
  options.beta2 = 0.9;
  options.epsilon = 1e-4;
  options.l2 = 0.1;
  RunAgainstDense(20, options, 300);
}

std::vector<float> RunWithFlushes(std::size_t width, int flush_every, int threads) {
  const Parallel parallel(threads);
  EmbeddingTable table = RandomTable(4000, width);  // several tasks
  Adam adam{OptimizerOptions()};
  adam.Add(&table);
  for (int step = 0; step < 200; ++step) {
    table.rows = TouchedRows(4000, static_cast<std::uint64_t>(step));
    adam.BeginStep(parallel);
    FillGradient(table, static_cast<std::uint64_t>(step));
    adam.EndStep(parallel);
    if (flush_every > 0 && step % flush_every == 0) adam.Flush(parallel);
  }
  adam.Flush(parallel);
  return {table.values.data(), table.values.data() + table.values.size()};
}

TEST(Adam, FlushingInBetweenAndThreadsChangeNoBit) {
  for (const std::size_t width : {3, 20}) {  // of narrow rows a task replays the most
    const std::vector<float> once = RunWithFlushes(width, 0, 1);
    for (const int every : {1, 7}) {
      for (const int threads : {1, 3, 8}) {
        const std::vector<float> often = RunWithFlushes(width, every, threads);
        EXPECT_EQ(std::memcmp(once.data(), often.data(), once.size() * sizeof(float)), 0);
      }
    }
  }
}

TEST(Adam, DenseParametersAgreeWithADenseAdam) {
  DenseParameter parameter("layer", 7, 11);
  RandomStream stream(6, Role::kTest, 0, 0);
  for (float& x : parameter.values.view().elements()) x = stream.Normal();
  DenseReference reference(parameter.values, OptimizerOptions());
  Adam adam{OptimizerOptions()};
  adam.Add(&parameter);
  const Parallel parallel(2);
  for (int step = 0; step < 500; ++step) {
    // Every third step nothing reaches the parameter, and L2 and the moments move it all the same.
    std::vector<double> gradient(parameter.values.size(), 0.0);
    for (std::size_t i = 0; i < gradient.size(); ++i) {
      parameter.gradient.data()[i] = step % 3 == 0 ? 0.0f : stream.Normal();
      gradient[i] = static_cast<double>(parameter.gradient.data()[i]);
    }
    adam.BeginStep(parallel);
    adam.EndStep(parallel);
    reference.Step(gradient);
  }
  ExpectNear(parameter.values, reference.values(), 500);
}

TEST(Adam, AnEmptyStepMovesWhatIsNotTouched) {
  EmbeddingTable table = RandomTable(3, 5);
  DenseReference reference(table.values, OptimizerOptions());
  Adam adam{OptimizerOptions()};
  adam.Add(&table);
  const Parallel parallel(1);
  table.rows.clear();
  adam.BeginStep(parallel);
  adam.EndStep(parallel);
  adam.Flush(parallel);
  reference.Step(std::vector<double>(table.values.size(), 0.0));
  ExpectNear(table.values, reference.values(), 1);
}

}  // namespace
}  // namespace derrd
