// From files of interactions to a data set file: what `derrd import` does, as a function.
#ifndef DERRD_DATA_IMPORT_H_
#define DERRD_DATA_IMPORT_H_

#include <string>

namespace derrd {

struct ImportOptions {
  std::string train, valid, test, candidates;  // given files; candidates may be empty
};

// Reads, checks, splits and writes `output`, whole or not at all.
void Import(const ImportOptions& options, const std::string& output);

}  // namespace derrd

#endif  // DERRD_DATA_IMPORT_H_
