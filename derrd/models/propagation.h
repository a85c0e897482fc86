// Sums over neighbours in the graph of who interacted with what: LightGCN's layers, forwards and
// backwards.
#ifndef DERRD_MODELS_PROPAGATION_H_
#define DERRD_MODELS_PROPAGATION_H_

#include <array>
#include <functional>
#include <vector>

#include "derrd/core/interactions.h"
#include "derrd/core/matrix.h"
#include "derrd/core/parallel.h"
#include "derrd/models/model.h"
#include "derrd/models/step_gradients.h"

namespace derrd {

// Rows of every user and every item that are written.
struct NodeRows {
  MatrixView<float> user, item;
};

// Let A be the symmetric matrix over users and items with 1 / sqrt(degree_u degree_i) where user u
// interacted with item i and 0 elsewhere. This is the mean of the layers,
//   P = (1 + A + A^2 + ... + A^layers) / (layers + 1),
// (LightGCN, SIGIR 2020, eq. 3 to 8) which is its own transpose: gradients take the way of the
// rows. Horner's scheme needs one product with A a layer and two tables beside the result (one with
// two layers): h <- A h + x, `layers` times from h = x. Each product costs 4 width interactions
// operations and reads as many numbers from scattered rows. Not thread-safe.
class Propagation {
 public:
  // lists: read now and not kept. layers: at least 1.
  Propagation(const Interactions& lists, std::size_t items, int layers);

  // out = P rows. With `step`, of its entities only; the other rows of `out` are left as they are.
  void Forward(const FactorView& rows, const StepGradients* step, const NodeRows& out,
               const Parallel& parallel);
  // out = P gradients, where `user` and `item` hold a row for each slot of the step and every other
  // row is zero.
  void Backward(const StepGradients& step, MatrixView<const float> user,
                MatrixView<const float> item, const NodeRows& out, const Parallel& parallel);

 private:
  struct Edges {
    OwnedInteractions neighbours;
    std::vector<float> weights;  // one for each of the neighbours
  };
  // What one layer adds up: scale * (start + A from).
  struct Layer {
    FactorView from;
    const StepGradients* sparse;  // `from` holds a row a slot, the others are zero; nullptr: all
    std::function<const float*(Side side, std::size_t row)> start;  // nullptr: a row of zeros
    const StepGradients* only;  // the entities whose rows are wanted; nullptr: all
    float scale;
    NodeRows to;
  };

  const Edges& Of(Side side) const { return side == Side::kUser ? user_edges_ : item_edges_; }
  void Compute(const Layer& layer, const Parallel& parallel) const;
  // Columns [begin, begin + count) of a row.
  struct Columns {
    std::size_t begin, count;
  };
  void ComputeColumns(const Layer& layer, Columns columns, const Parallel& parallel) const;
  void ComputeRow(const Layer& layer, Columns columns, Side side, std::size_t row,
                  Edges& filtered) const;
  float LastScale() const { return 1.0f / static_cast<float>(layers_ + 1); }
  NodeRows Scratch(int layer, std::size_t width);

  int layers_;
  Edges user_edges_, item_edges_;
  std::array<Matrix<float>, 4> scratch_;  // two tables of users and of items
};

}  // namespace derrd

#endif  // DERRD_MODELS_PROPAGATION_H_
