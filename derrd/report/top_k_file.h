// The best K items of every user, in one file.
#ifndef DERRD_REPORT_TOP_K_FILE_H_
#define DERRD_REPORT_TOP_K_FILE_H_

#include <cstddef>
#include <functional>
#include <string>

#include "derrd/core/parallel.h"
#include "derrd/serve/recommender.h"

namespace derrd {

enum class TopKFormat {
  kTsv,  // a header, then a line an item: user, rank (from 1), item, score; and the item's name
         // where the model knows names. An id with a tab or a line break is an Error; in names they
         // become spaces.
  kNpy,  // what numpy.load() reads: int32, users x K. Row u is the model's u-th user, a number its
         // item of that index, both from 0; -1 fills up the row of a user with fewer than K left.
};
// By the ending of the path; UsageError when it is neither .tsv nor .npy.
TopKFormat TopKFormatOf(const std::string& path);

// Writes the top k (at least 1; no more than there are items) of every user of the model to `path`,
// without what their histories hold and, unless it is null, what `allowed` does not. Users are done
// some thousands at a time, so memory does not grow with their number; done(n) is called when n
// users are written. The same bytes at any number of threads.
void WriteTopK(const Recommender& recommender, std::size_t k, const ItemSet* allowed,
               const std::string& path, const Parallel& parallel,
               const std::function<void(std::size_t users)>& done);

}  // namespace derrd

#endif  // DERRD_REPORT_TOP_K_FILE_H_
