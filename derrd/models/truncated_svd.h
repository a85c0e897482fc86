// The best smaller tables for the scores of larger ones: what a compact student is measured
// against.
#ifndef DERRD_MODELS_TRUNCATED_SVD_H_
#define DERRD_MODELS_TRUNCATED_SVD_H_

#include <cstddef>

#include "derrd/core/matrix.h"

namespace derrd {

// Embedding tables whose products are scores: user row . item row.
struct Factors {
  Matrix<float> user;  // users x width
  Matrix<float> item;  // items x width
};

// Of all tables of `width` columns, those whose scores come closest to user * item^T in the sum of
// squares over all user-item pairs (Eckart and Young, 1936); what remains is the sum of the squares
// of the singular values left out.
//
// user: users x d, item: items x d, both finite; width >= 1. Columns are ordered by falling
// singular value, which is split evenly between the two sides; the entry of the largest magnitude
// in an item column is positive. Columns beyond the rank of the scores, so also beyond d, are zero
// on both sides: a width of the rank or more gives the scores exactly, up to rounding.
//
// The scores are never formed: both tables are reduced to triangles (QR) and the product of the
// triangles is decomposed, all in double precision, in O((users + items) d^2 + d^3) time and
// 8 (users + items) d bytes. One thread; the same bits on the same kind of CPU.
//
// Errors: UsageError when width is 0, Error when a number is not finite or the tables differ in
// width.
Factors TruncateFactors(MatrixView<const float> user, MatrixView<const float> item,
                        std::size_t width);

}  // namespace derrd

#endif  // DERRD_MODELS_TRUNCATED_SVD_H_
