// What a run will need of memory, told before it begins.
#ifndef DERRD_CLI_MEMORY_H_
#define DERRD_CLI_MEMORY_H_

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "derrd/losses/de.h"
#include "derrd/train/optimizer.h"

namespace derrd::cli {

struct MemoryNeed {
  std::string flag;  // that decides how much it is
  double bytes;
};

// UsageError when so much memory together is not free: names the flag that needs most, the figure
// of each and what is free.
void CheckMemory(const std::vector<MemoryNeed>& needs);
void CheckMemory(const std::vector<MemoryNeed>& needs, double free_bytes);

// Sizes of a training run.
struct RunSize {
  std::size_t users, items, width, batch_size;
  std::size_t negatives = 1;       // of an interaction
  std::size_t numbers_a_pair = 0;  // that the student keeps of each pair that a step scores
  std::size_t interactions = 0;    // in training
};

// Of a list as RRD compares it: what is sampled from the teacher's top, and besides.
struct RelaxedListSize {
  std::size_t top, interesting, uninteresting;
};

// Users of a batch, at most.
inline std::size_t BatchUsers(const RunSize& size) { return std::min(size.users, size.batch_size); }

// Embedding tables in training: the values, those of the kept epoch, and what the optimizer keeps.
double TableBytes(const RunSize& size, OptimizerKind optimizer);
// A list of `length` ids (or numbers of 4 bytes) for each of `rows` users or items.
double ListBytes(std::size_t rows, std::size_t length);
// What a step holds for the scores of `lists` lists, the gradients of the rows in them included.
double ScoreBytes(const RunSize& size, std::size_t lists, std::size_t length);
// Lists that are cut in two, as RRD has them of each of `rows` entities: the teacher's top of
// `candidates` that interesting ones come from, and those compared, with what a step of
// `step_rows` of them holds. `flags`: "rrd" of --rrd-top.
std::vector<MemoryNeed> RelaxedListNeeds(const std::string& flags, const RunSize& run,
                                         std::size_t rows, std::size_t step_rows,
                                         std::size_t candidates, const RelaxedListSize& size);
// Values, gradients and two moments of both sides' experts and selection networks, and what a step
// computes of a batch's rows by all of them.
double ExpertBytes(const ExpertShape& shape, const RunSize& size);
// A model file once it is opened; 0 without a path. What cannot be read is told by who opens it.
double FileBytes(const std::string& path);

}  // namespace derrd::cli

#endif  // DERRD_CLI_MEMORY_H_
