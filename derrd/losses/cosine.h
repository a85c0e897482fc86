// Cosine similarities between rows, and squared differences of two tables of them: what topology
// distillation consists of.
#ifndef DERRD_LOSSES_COSINE_H_
#define DERRD_LOSSES_COSINE_H_

#include <cstddef>
#include <vector>

#include "derrd/core/matrix.h"
#include "derrd/core/parallel.h"

namespace derrd {

// Rows scaled to length 1; keeps its memory from one Set to the next.
template <typename T>
class UnitRows {
 public:
  // A row shorter than this counts as 0: it is similar to nothing, and no gradient reaches it (that
  // of a cosine grows as 1 / length without bound).
  static constexpr double kLeastLength = 1e-12;

  // Finite for any finite rows. O(n d).
  void Set(MatrixView<const T> rows, const Parallel& parallel);
  MatrixView<const T> view() const { return unit_; }
  // Turns gradients with respect to the unit rows u = x / |x| into those with respect to x:
  // (g - (g . u) u) / |x|. O(n d).
  void Backward(MatrixView<T> gradient, const Parallel& parallel) const;

 private:
  Matrix<T> unit_;
  std::vector<T> inverse_length_;
};

// Unit rows of the same entities, as the student has them and as the teacher has them.
template <typename T>
struct UnitPair {
  MatrixView<const T> student, teacher;

  UnitPair Rows(std::size_t begin, std::size_t end) const {
    return {student.Rows(begin, end), teacher.Rows(begin, end)};
  }
};

enum class Compared {
  kAll,
  kPositive,  // only pairs that are similar (above 0) to the teacher
};

// Room for a tile of both tables.
template <typename T>
struct SimilarityTiles {
  Matrix<T> student, teacher;
};

// With D = A_s B_s^T - A_t B_t^T, of which pairs that are not compared are 0, returns
// sum_ij D_ij^2 and adds scale * D B_s to `gradient` (as many rows as a). On the calling thread, in
// tiles that fit a core's cache. O(|A| |B| (dS + dT)).
template <typename T>
double AddSimilarityGap(const UnitPair<T>& a, const UnitPair<T>& b, Compared compared, T scale,
                        MatrixView<T> gradient, SimilarityTiles<T>& tiles);

extern template class UnitRows<float>;
extern template class UnitRows<double>;
extern template double AddSimilarityGap(const UnitPair<float>&, const UnitPair<float>&, Compared,
                                        float, MatrixView<float>, SimilarityTiles<float>&);
extern template double AddSimilarityGap(const UnitPair<double>&, const UnitPair<double>&, Compared,
                                        double, MatrixView<double>, SimilarityTiles<double>&);

}  // namespace derrd

#endif  // DERRD_LOSSES_COSINE_H_
