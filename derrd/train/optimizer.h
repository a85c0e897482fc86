// What moves parameters by their gradients. Embedding tables are moved by the rule that was chosen
// (adam.h, row_adam.h, adagrad.h, sgd.h); dense parameters always by Adam (dense_adam.h).
#ifndef DERRD_TRAIN_OPTIMIZER_H_
#define DERRD_TRAIN_OPTIMIZER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "derrd/core/matrix.h"
#include "derrd/core/parallel.h"
#include "derrd/core/parameter.h"
#include "derrd/train/dense_adam.h"

namespace derrd {

enum class OptimizerKind { kAdam, kRowAdam, kAdagrad, kSgd };

// As in flags and files: "adam", "row-adam", "adagrad", "sgd".
std::string_view Name(OptimizerKind kind);
std::vector<std::string> OptimizerNames();
OptimizerKind OptimizerNamed(std::string_view name);  // UsageError that lists the names

struct OptimizerOptions {
  OptimizerKind kind = OptimizerKind::kAdam;
  std::optional<double> learning_rate;        // > 0, of embedding tables; else as suits the kind
  std::optional<double> dense_learning_rate;  // > 0, of dense parameters; else that of tables where
                                              // they have an Adam too, 1e-3 where not
  double beta1 = 0.9;                         // in [0, 1); of the Adams
  double beta2 = 0.999;                       // in [0, 1); of the Adams
  double epsilon = 1e-8;                      // > 0; not of SGD
  double l2 = 1e-3;                           // >= 0; added to the gradient as l2 * w

  double TableRate() const;
  double DenseRate() const;
  AdamOptions TableAdam() const;
  AdamOptions DenseAdam() const;
};

// Bytes that the optimizer keeps for an embedding table of that shape.
double StateBytes(OptimizerKind kind, std::size_t rows, std::size_t width);

// Moves the parameters it was given; they must outlive it. A step is BeginStep (after the tables'
// rows are selected), the caller's gradients, EndStep. Not thread-safe; works on the given threads
// with the same bits at any number of them.
class Optimizer {
 public:
  explicit Optimizer(const OptimizerOptions& options) : dense_(options.DenseAdam()) {}
  virtual ~Optimizer() = default;

  virtual void Add(EmbeddingTable* table) = 0;
  void Add(DenseParameter* parameter) { dense_.Add(parameter); }

  // Brings the selected rows of every table up to date, so that they may be read.
  virtual void BeginStep(const Parallel&) {}
  // Applies the gradients of the selected rows and of the dense parameters.
  void EndStep(const Parallel& parallel);
  // Brings every row up to date: before evaluation, before a copy. Changes no later result.
  virtual void Flush(const Parallel&) {}

  // All that it remembers, for checkpoints: the steps done, and tensors named after the parameters
  // they belong to ("user_embedding/first_moment"). True after Flush, when no row lags behind; to
  // restore, fill the tensors and set the step.
  std::int32_t step() const { return step_; }
  virtual void SetStep(std::int32_t step) { step_ = step; }
  std::vector<NamedMatrix> State();

 protected:
  virtual void MoveRows(const Parallel& parallel) = 0;  // step() is the step to be done
  virtual void AddTableState(std::vector<NamedMatrix>& state) = 0;

 private:
  std::int32_t step_ = 0;
  derrd::DenseAdam dense_;
};

std::unique_ptr<Optimizer> MakeOptimizer(const OptimizerOptions& options);

}  // namespace derrd

#endif  // DERRD_TRAIN_OPTIMIZER_H_
