// Splits that come as files of their own.
#ifndef DERRD_DATA_GIVEN_FILES_H_
#define DERRD_DATA_GIVEN_FILES_H_

#include <string>

#include "derrd/data/dataset.h"
#include "derrd/data/import_summary.h"
#include "derrd/data/layout.h"

namespace derrd {

// Paths. `candidates` may be empty; it holds the sampled negatives of each user, as lists ("user
// item item ...") or as pairs.
struct GivenFiles {
  std::string train, valid, test, candidates;

  bool any() const {
    return !(train.empty() && valid.empty() && test.empty() && candidates.empty());
  }
};

// Reads the files; ids of all of them are known to all. With candidates the protocol is sampled,
// otherwise full. Pairs that a file repeats are dropped and counted. Error for a pair that is in
// two files, and, with candidates, for a user with several validation or test items, or with a
// held-out item and no candidates.
DatasetContents ReadGivenFiles(const GivenFiles& given, const ReadOptions& options,
                               const ProgressCallback& progress, ImportSummary& summary);

}  // namespace derrd

#endif  // DERRD_DATA_GIVEN_FILES_H_
