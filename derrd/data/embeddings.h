// Embeddings that somebody else trained, as rows in the order of a data set.
#ifndef DERRD_DATA_EMBEDDINGS_H_
#define DERRD_DATA_EMBEDDINGS_H_

#include <cstddef>
#include <functional>

#include "derrd/core/matrix.h"
#include "derrd/data/number_table.h"
#include "derrd/data/row_order.h"

namespace derrd {

// Called with how many rows are done.
using RowsDone = std::function<void(std::size_t)>;

// The rows of `table` in the data set's order (order.row_of_entity), each filled up with zeros to
// `width` >= table.cols(). Error that names file, row (from 0), id and column where a number is not
// finite as a float.
Matrix<float> ReadEmbeddings(const NumberTable& table, const RowOrder& order,
                             const Entities& entities, std::size_t width, const RowsDone& done);

// Divides each row by its length, so that inner products are cosines. Error that names the row
// that has no length.
void Normalise(MatrixView<float> rows, const Entities& entities);

}  // namespace derrd

#endif  // DERRD_DATA_EMBEDDINGS_H_
