// Implicit alternating least squares (Hu, Koren and Volinsky, ICDM 2008, as revisited by Rendle et
// al., "Revisiting the Performance of iALS on Item Recommendation Benchmarks", RecSys 2022). With
// w_u and h_i the rows of users and items, and S pairs with a weight c and a target y each (the
// interactions with 1 and 1, unless said otherwise), it minimises
//   sum_{(u,i) in S} c_ui (w_u.h_i - y_ui)^2 + a sum_{all u,i} (w_u.h_i)^2
//     + l2 [ sum_u (C_u + a items)^e |w_u|^2 + sum_i (C_i + a users)^e |h_i|^2 ],
// C_u and C_i the sums of a row's weights, by turns over users and items, each row in closed form.
#ifndef DERRD_MODELS_IALS_H_
#define DERRD_MODELS_IALS_H_

#include <cstdint>

#include "derrd/core/matrix.h"
#include "derrd/core/parallel.h"
#include "derrd/models/factors.h"
#include "derrd/models/weighted_lists.h"

namespace derrd {

struct IalsOptions {
  std::size_t width = 200;           // >= 1
  double unobserved_weight = 0.003;  // a, >= 0
  double l2 = 0.03;                  // > 0
  double l2_exponent = 1.0;          // e, >= 0
};

// The solver. It needs no learning rate and starts from random item rows, N(0, 0.1^2 / width).
//
// A row with n pairs asks for (D + H^T H) x = H^T z, with H the n rows of the other side, each
// times the root of its weight, z the targets times the same, and D = a * Gramian + l2 (...)^e. In
// the Gramian's own axes D is diagonal for every row, so that where n < width
//   x = D^-1 H^T (1 + H D^-1 H^T)^-1 z
// takes a system of n unknowns and not of `width`. Cost of a sweep: 4 width^2 (users + items) for
// the axes, width^3, and n^2 width a row with n < width, n width^2 else. Double precision; rows are
// solved in fixed groups, so the bits do not depend on the number of threads. Memory: the
// rows of both sides twice, the lists by item, and a thread width^2 and n width numbers of its
// longest row.
class Ials {
 public:
  static constexpr std::string_view kKind = "ials";

  // lists: the pairs of each user, which must outlive it.
  Ials(const WeightedListsView& lists, std::size_t items, const IalsOptions& options,
       std::uint64_t seed);
  // The same with lists of its own.
  Ials(WeightedLists lists, std::size_t items, const IalsOptions& options, std::uint64_t seed);
  Ials(const Ials&) = delete;
  Ials& operator=(const Ials&) = delete;

  // Solves every user, then every item. Error when a system has no solution (extreme settings).
  void Sweep(const Parallel& parallel);

  MatrixView<const double> user_rows() const { return user_; }
  MatrixView<const double> item_rows() const { return item_; }
  // The rows as they are now, as a model of that kind.
  StoredFactors ToModel(std::string_view kind = kKind) const;

 private:
  void Solve(const WeightedListsView& lists, const Matrix<double>& others, Matrix<double>& rows,
             const Parallel& parallel) const;

  WeightedLists own_;
  WeightedListsView lists_;
  WeightedLists users_of_;  // each item
  IalsOptions options_;
  Matrix<double> user_, item_;
};

}  // namespace derrd

#endif  // DERRD_MODELS_IALS_H_
