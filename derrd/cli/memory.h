// What a run will need of memory, told before it begins.
#ifndef DERRD_CLI_MEMORY_H_
#define DERRD_CLI_MEMORY_H_

#include <cstddef>
#include <string>
#include <vector>

#include "derrd/losses/de.h"
#include "derrd/train/optimizer.h"
#include "derrd/train/rrd_term.h"

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
};

// Embedding tables in training: the values, those of the kept epoch, what the optimizer keeps, and
// the gradients of the rows that a step can touch.
double TableBytes(const RunSize& size, OptimizerKind optimizer);
// The teacher's rankings.
double RankingBytes(const RunSize& size, const RrdOptions& rrd);
// The users' sampled lists, and what a step holds for each of their scores.
double ListBytes(const RunSize& size, const RrdOptions& rrd);
// Values, gradients and two moments of both sides' experts and selection networks.
double ExpertBytes(const ExpertShape& shape);
// A model file once it is opened; 0 without a path. What cannot be read is told by who opens it.
double FileBytes(const std::string& path);

}  // namespace derrd::cli

#endif  // DERRD_CLI_MEMORY_H_
