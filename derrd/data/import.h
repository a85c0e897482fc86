// From files of interactions to a data set file: what `derrd import` does, as a function.
#ifndef DERRD_DATA_IMPORT_H_
#define DERRD_DATA_IMPORT_H_

#include <functional>
#include <string>
#include <vector>

#include "derrd/data/filters.h"
#include "derrd/data/given_files.h"
#include "derrd/data/hold_out.h"
#include "derrd/data/import_summary.h"
#include "derrd/data/layout.h"

namespace derrd {

// Either `files`, which are read as one, filtered and split, or `given` splits, which are taken as
// they are: filters and everything about splitting belong to `files` alone.
struct ImportOptions : HoldOutOptions {
  std::vector<std::string> files;
  GivenFiles given;
  std::string item_names;       // path; empty: none
  std::string item_attributes;  // the same

  ReadOptions read;
  FilterOptions filter;
  int threads = 0;  // for splits and negatives; one a core unless given
};

// Reads, checks, splits and writes `output`, whole or not at all. The same files and options give
// the same bytes: nothing of paths, time or threads is in them. UsageError for options that do not
// fit together, Error for files that cannot be used. Holds all interactions in memory.
// on_read: told of each of `files` as soon as it is read, which shows how should the rest fail.
ImportSummary Import(const ImportOptions& options, const std::string& output,
                     const ProgressCallback& progress = nullptr,
                     const std::function<void(const FileSummary&)>& on_read = nullptr);

}  // namespace derrd

#endif  // DERRD_DATA_IMPORT_H_
