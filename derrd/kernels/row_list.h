// The rows that a kernel works on.
#ifndef DERRD_KERNELS_ROW_LIST_H_
#define DERRD_KERNELS_ROW_LIST_H_

#include <cstddef>
#include <cstdint>

namespace derrd::kernels {

// Rows rows[0], ..., rows[count - 1] of a table. Rows are scattered, so kernels ask for them early;
// those of the next call are asked for by this one, so that its first rows need not be waited for.
struct RowList {
  const std::int32_t* rows;
  std::size_t count;
  std::size_t following = 0;  // of the next call, in memory behind these; no more than asked for
};

}  // namespace derrd::kernels

#endif  // DERRD_KERNELS_ROW_LIST_H_
