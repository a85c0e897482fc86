// What a run will need of memory, told before it begins.
#ifndef DERRD_METHODS_MEMORY_NEEDS_H_
#define DERRD_METHODS_MEMORY_NEEDS_H_

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "derrd/losses/de.h"
#include "derrd/train/optimizer.h"
#include "derrd/train/relaxed_lists.h"

namespace derrd {

struct MemoryNeed {
  std::string flag;  // that decides how much it is
  double bytes;
};

// Sizes of a training run.
struct RunSize {
  std::size_t users, items, width, batch_size;
  std::size_t negatives = 1;       // of an interaction
  std::size_t numbers_a_pair = 0;  // that the student keeps of each pair that a step scores
  std::size_t interactions = 0;    // in training
  std::size_t threads = 1;
};

// Users of a batch, at most.
inline std::size_t BatchUsers(const RunSize& size) { return std::min(size.users, size.batch_size); }

// Embedding tables in training: the values, those of the kept epoch, and what the optimizer keeps.
double TableBytes(const RunSize& size, OptimizerKind optimizer);
// Scores of every item, as evaluation and rankings hold them of a model so wide.
MemoryNeed ScoreBlockNeed(const RunSize& size, std::size_t width);
// A list of `length` ids (or numbers of 4 bytes) for each of `rows` users or items.
double ListBytes(std::size_t rows, std::size_t length);
// What a step holds for the scores of `lists` lists, the gradients of the rows in them included.
double ScoreBytes(const RunSize& size, std::size_t lists, std::size_t length);
// Lists that are cut in two, as RRD has them of each of `rows` entities: the teacher's top of
// `candidates` that interesting ones come from, and those compared, with what a step of
// `step_rows` of them holds. `flags`: "rrd" of --rrd-top.
std::vector<MemoryNeed> RelaxedListNeeds(const std::string& flags, const RunSize& run,
                                         std::size_t rows, std::size_t step_rows,
                                         std::size_t candidates, const RelaxedListOptions& options);
// Values, gradients and two moments of both sides' experts and selection networks, and what a step
// computes of a batch's rows by all of them.
double ExpertBytes(const ExpertShape& shape, const RunSize& size);
// A model file once it is opened; 0 without a path. What cannot be read is told by who opens it.
double FileBytes(const std::string& path);

}  // namespace derrd

#endif  // DERRD_METHODS_MEMORY_NEEDS_H_
