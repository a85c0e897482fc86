// Rows and ids as files that `derrd import-teacher`, NumPy and whatever reads text take in.
#ifndef DERRD_EXPORT_ROW_FILES_H_
#define DERRD_EXPORT_ROW_FILES_H_

#include <string>

#include "derrd/core/file.h"
#include "derrd/core/ids.h"
#include "derrd/core/matrix.h"

namespace derrd {

// What numpy.load() reads: float32, the same bits. The caller commits.
void WriteNpy(MatrixView<const float> rows, OutputFile& file);

// One id a line, in the order of the rows. Error for an id that would not come back from a line:
// empty, or with a line break, or with spaces at an end. `what`: "user" or "item". The caller
// commits.
void WriteIdLines(const Ids& ids, const std::string& what, OutputFile& file);

}  // namespace derrd

#endif  // DERRD_EXPORT_ROW_FILES_H_
