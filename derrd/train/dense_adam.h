// Adam with L2 (Kingma and Ba, ICLR 2015) for parameters that every step reads whole, and what the
// Adams have in common.
#ifndef DERRD_TRAIN_DENSE_ADAM_H_
#define DERRD_TRAIN_DENSE_ADAM_H_

#include <cstdint>
#include <string>
#include <vector>

#include "derrd/core/matrix.h"
#include "derrd/core/parallel.h"
#include "derrd/core/parameter.h"
#include "derrd/kernels/adam.h"

namespace derrd {

struct AdamOptions {
  double learning_rate = 1e-3;  // > 0
  double beta1 = 0.9;           // in [0, 1)
  double beta2 = 0.999;         // in [0, 1)
  double epsilon = 1e-8;        // > 0
  double l2 = 1e-3;             // >= 0; added to the gradient as l2 * w

  kernels::AdamConstants Constants() const;
  kernels::AdamStepScale ScaleOf(std::int32_t step) const;  // bias correction of step 1, 2, ...
};

// The running means of a parameter's gradient and of its square. They start as zero.
struct Moments {
  Moments(std::size_t rows, std::size_t cols) : first(rows, cols), second(rows, cols) {}
  // Appends both, named "OWNER/first_moment" and "OWNER/second_moment".
  void AddState(const std::string& owner, std::vector<NamedMatrix>& state);
  // The parameter's rows with their moments.
  kernels::AdamRows RowsOf(Matrix<float>& values) {
    return {values.data(), first.data(), second.data(), values.cols()};
  }

  Matrix<float> first, second;
};

// Parameters must outlive it. Memory: two numbers a parameter.
class DenseAdam {
 public:
  explicit DenseAdam(const AdamOptions& options) : options_(options) {}

  void Add(DenseParameter* parameter);
  // Applies the gradients as step 1, 2, ...
  void Step(std::int32_t step, const Parallel& parallel);
  void AddState(std::vector<NamedMatrix>& state);

 private:
  struct State {
    DenseParameter* parameter;
    Moments moments;
  };

  AdamOptions options_;
  std::vector<State> states_;
};

}  // namespace derrd

#endif  // DERRD_TRAIN_DENSE_ADAM_H_
