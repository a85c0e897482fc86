// Distillation Experts (DE-RRD, CIKM 2020, section 3.1, eq. 1-5). For a student representation s
// (width dS) and its teacher's t (width dT), with M experts E_m: dS -> H -> dT (ReLU between),
//   alpha = softmax(t S + b)                               selection network
//   z     = softmax((log(alpha + 1e-10) + g) / tau)        g ~ Gumbel(0, 1), given
//   L     = sum_n w_n || t_n - sum_m z_nm E_m(s_n) ||^2
// Gradients reach the selection network through the soft z.
//
// Routing. As tau falls, nearly all weights vanish. Of each row the experts of the least weights
// are not computed, as many as have sum_m z_nm <= tolerance and sum_m z_nm / tau <= tolerance (the
// selection network's gradient is scaled by z / tau). So a reconstruction changes by at most
// tolerance * max_m |E_m(s)|. A tolerance of 0 computes everything.
#ifndef DERRD_LOSSES_DE_H_
#define DERRD_LOSSES_DE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "derrd/core/buffer_pool.h"
#include "derrd/core/matrix.h"
#include "derrd/core/parallel.h"

namespace derrd {

struct ExpertShape {
  std::size_t experts;        // M >= 1
  std::size_t student_width;  // dS
  std::size_t hidden_width;   // H
  std::size_t teacher_width;  // dT

  // The authors' widths: H = (dS + dT) / 2, or dS / 2 when the two are equal; at least 1.
  static ExpertShape For(std::size_t experts, std::size_t student_width, std::size_t teacher_width);
};

// Views of what is learned, or of its gradient. Expert m owns rows [m dS, (m+1) dS) of `first`,
// row m of `first_bias`, rows [m H, (m+1) H) of `second` and row m of `second_bias`.
template <typename T>
struct ExpertTensors {
  MatrixView<T> first;           // M dS x H
  MatrixView<T> first_bias;      // M x H
  MatrixView<T> second;          // M H x dT
  MatrixView<T> second_bias;     // M x dT
  MatrixView<T> selection;       // dT x M
  MatrixView<T> selection_bias;  // 1 x M
};

struct DeOptions {
  double temperature = 1.0;  // tau >= 1e-30
  double tolerance = 0.03;   // of routing, in [0, 1/2)
  double weight = 1.0;       // every gradient is multiplied by it
};

// Computes the loss; keeps its memory from step to step. Not for several threads at once; the work
// inside runs on the given ones, with the same bits at any number of them.
template <typename T>
class DeLoss {
 public:
  explicit DeLoss(const ExpertShape& shape) : shape_(shape) {}

  // student: n x dS, teacher: n x dT, gumbel: n x M, row_weights: n numbers (w_n above).
  // Returns L; overwrites weight * gradients with respect to everything learned and, in
  // student_gradient (n x dS), to the student's representations. n = 0 gives zero gradients.
  // Cost: 6 (dS H + H dT) operations for each (row, expert) pair that is routed, and 4 M dT for
  // each row's selection.
  double Compute(const ExpertTensors<const T>& weights, MatrixView<const T> student,
                 MatrixView<const T> teacher, MatrixView<const T> gumbel,
                 std::span<const T> row_weights, const DeOptions& options,
                 const ExpertTensors<T>& gradients, MatrixView<T> student_gradient,
                 const Parallel& parallel);

  // (row, expert) pairs that the last Compute routed.
  std::size_t routed_pairs() const { return pair_rows_.size(); }
  // Of the last Compute: how many rows chose expert m above all others, for each m.
  std::span<const std::size_t> chosen_rows() const { return chosen_; }

 private:
  // Pairs of one expert that are multiplied together: what they read and write fits a core's
  // second-level cache beside the expert.
  static constexpr std::size_t kBlock = 128;

  void Select(const ExpertTensors<const T>& weights, MatrixView<const T> teacher,
              MatrixView<const T> gumbel, const DeOptions& options, const Parallel& parallel);
  void Route();
  double Reconstruct(const ExpertTensors<const T>& weights, MatrixView<const T> student,
                     MatrixView<const T> teacher, std::span<const T> row_weights,
                     const DeOptions& options, const Parallel& parallel);
  void RunExpert(std::size_t expert, const ExpertTensors<const T>& weights,
                 MatrixView<const T> student, std::size_t begin, std::size_t pairs, T* output);
  void AddExpertsOf(const ExpertTensors<const T>& weights, MatrixView<const T> student,
                    std::size_t begin, std::size_t end);
  void AddOutputs(const ExpertTensors<const T>& weights, std::size_t begin, std::size_t end);
  double LossOfRows(MatrixView<const T> teacher, std::span<const T> row_weights,
                    const DeOptions& options, std::size_t begin, std::size_t end);
  const T* ResidualsOf(std::size_t begin, std::size_t pairs, Matrix<T>& gathered) const;
  void BackwardExpert(std::size_t expert, const ExpertTensors<const T>& weights,
                      const ExpertTensors<T>& gradients);
  void BackwardRows(const DeOptions& options, MatrixView<T> student_gradient,
                    const Parallel& parallel);
  void BackwardSelection(MatrixView<const T> teacher, const ExpertTensors<T>& gradients,
                         const Parallel& parallel) const;

  // A weight that is not a number is routed, so that the loss shows it.
  bool IsRouted(std::size_t row, std::size_t expert) const {
    return !(z_(row, expert) < least_[row]);
  }
  // Calls block(begin, pairs) for the expert's pairs [begin, begin + pairs), in order.
  template <typename Block>
  void ForBlocks(std::size_t expert, const Block& block) const {
    const std::size_t end = expert_begin_[expert + 1];
    for (std::size_t p = expert_begin_[expert]; p < end; p += kBlock) {
      block(p, std::min(kBlock, end - p));
    }
  }

  ExpertShape shape_;
  Matrix<T> alpha_;         // n x M
  Matrix<T> z_;             // n x M
  Matrix<T> log_gradient_;  // n x M: with respect to the selection network's logits
  std::vector<T> least_;    // n: the row's weights below it are not routed

  // Routed pairs, by expert and then by row; row n's pairs are row_pairs_[row_begin_[n] ...).
  std::vector<std::size_t> expert_begin_;  // M + 1
  std::vector<std::uint32_t> pair_rows_;
  std::vector<std::size_t> row_begin_;  // n + 1
  std::vector<std::uint32_t> row_pairs_;
  std::vector<std::uint32_t> row_experts_;  // the expert of each of row_pairs_
  std::vector<std::size_t> chosen_;         // M

  Matrix<T> input_;     // pairs x dS: the gathered students, then their gradients
  Matrix<T> hidden_;    // pairs x H: after ReLU, then times z
  Matrix<T> output_;    // pairs x dT: E_m(s) without its bias; empty where AddExpertsOf does
  Matrix<T> residual_;  // n x dT: dL/d(reconstruction)
  std::vector<T> pair_gradient_;  // with respect to each pair's z
  BufferPool<T> buffers_;
};

extern template class DeLoss<float>;
extern template class DeLoss<double>;

}  // namespace derrd

#endif  // DERRD_LOSSES_DE_H_
