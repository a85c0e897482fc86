// A flat inner-product index as Faiss stores it (IndexFlatIP; faiss/impl/index_write.cpp of
// https://github.com/facebookresearch/faiss), without Faiss.
#ifndef DERRD_EXPORT_FAISS_FILE_H_
#define DERRD_EXPORT_FAISS_FILE_H_

#include "derrd/core/file.h"
#include "derrd/core/matrix.h"

namespace derrd {

// What faiss.read_index() reads: exact search by inner product; the label of a row is its number.
// width < 2^31. The caller commits.
void WriteFaissFlat(MatrixView<const float> rows, OutputFile& file);

}  // namespace derrd

#endif  // DERRD_EXPORT_FAISS_FILE_H_
