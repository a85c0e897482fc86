// How fast a recommender answers on this machine, and how fast it could at best.
#ifndef DERRD_SERVE_MEASURE_H_
#define DERRD_SERVE_MEASURE_H_

#include <cstddef>
#include <span>

#include "derrd/core/parallel.h"
#include "derrd/serve/recommender.h"

namespace derrd {

struct MeasureOptions {
  std::size_t k = 10;
  std::size_t queries = 10000;  // to be timed; fewer when the time is up, 100 at least
  std::size_t batch = 256;      // queries answered together
  double seconds = 3;           // for each figure
};

// Microseconds of a query that is asked alone, on the calling thread.
struct Latency {
  std::size_t queries = 0;
  double p50 = 0, p99 = 0, p999 = 0;
};

// The value below which a share of the times lie, by nearest rank; share in (0, 1]. times:
// ascending, at least one.
double Quantile(std::span<const double> times, double share);

// Users are taken from all that the model knows, of whom there must be one. Each figure comes after
// a warm-up; nothing else should run on the machine.
Latency MeasureLatency(const Recommender& recommender, const MeasureOptions& options);
// Queries a second in batches over all threads: of the median batch.
double MeasureBatches(const Recommender& recommender, const MeasureOptions& options,
                      const Parallel& parallel);

// Microseconds that one thread takes to read so many bytes again and again, so from a cache where
// they fit one: the least that a search over a table of that size can take. The median.
double MicrosecondsToRead(std::size_t bytes);

}  // namespace derrd

#endif  // DERRD_SERVE_MEASURE_H_
