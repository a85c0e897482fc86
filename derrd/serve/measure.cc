#include "derrd/serve/measure.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <vector>

#include "derrd/core/matrix.h"

namespace derrd {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kLeastQueries = 100;
constexpr std::size_t kLeastBatches = 3;
constexpr std::size_t kWarmUpQueries = 20;
constexpr std::size_t kReads = 51;
constexpr double kReadSeconds = 0.5;

double MicrosecondsSince(Clock::time_point start) {
  return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

// Ascending times of work(0), work(1), ...: `most` of them, or as many as the time allows.
template <typename Work>
std::vector<double> TimesOf(std::size_t least, std::size_t most, double seconds, const Work& work) {
  std::vector<double> times;
  const auto start = Clock::now();
  while (times.size() < least ||
         (times.size() < most && MicrosecondsSince(start) < 1e6 * seconds)) {
    const auto begin = Clock::now();
    work(times.size());
    times.push_back(MicrosecondsSince(begin));
  }
  std::ranges::sort(times);
  return times;
}

// Users far apart, so that no query finds in a cache what the last one left there of its user.
std::vector<Query> SpreadQueries(const Recommender& recommender, std::size_t count, std::size_t k) {
  constexpr std::size_t kStep = 2654435761;  // 2^32 divided by the golden ratio
  std::vector<Query> queries(count);
  for (std::size_t q = 0; q < count; ++q) {
    queries[q].user = static_cast<std::int32_t>(q * kStep % recommender.users());
    queries[q].k = k;
  }
  return queries;
}

// Several sums, so that they do not wait for each other.
std::uint64_t ReadAllOf(std::span<const std::uint64_t> words) {
  constexpr std::size_t kSums = 32;
  std::array<std::uint64_t, kSums> sums{};
  for (std::size_t w = 0; w + kSums <= words.size(); w += kSums) {
    for (std::size_t s = 0; s < kSums; ++s) sums[s] += words[w + s];
  }
  std::uint64_t sum = 0;
  for (const std::uint64_t part : sums) sum += part;
  return sum;
}

}  // namespace

double Quantile(std::span<const double> times, double share) {
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(times.size())));
  return times[std::max<std::size_t>(rank, 1) - 1];
}

Latency MeasureLatency(const Recommender& recommender, const MeasureOptions& options) {
  const auto queries = SpreadQueries(recommender, options.queries, options.k);
  const auto ask = [&](std::size_t q) { recommender.Recommend(queries[q % queries.size()]); };
  for (std::size_t q = 0; q < kWarmUpQueries; ++q) ask(q);
  const auto times = TimesOf(kLeastQueries, options.queries, options.seconds, ask);
  return {times.size(), Quantile(times, 0.5), Quantile(times, 0.99), Quantile(times, 0.999)};
}

double MeasureBatches(const Recommender& recommender, const MeasureOptions& options,
                      const Parallel& parallel) {
  const auto queries = SpreadQueries(recommender, options.batch, options.k);
  const auto ask = [&](std::size_t) { recommender.RecommendAll(queries, &parallel); };
  ask(0);
  const std::size_t most = std::max(options.queries / options.batch, kLeastBatches);
  const auto times = TimesOf(kLeastBatches, most, options.seconds, ask);
  return 1e6 * static_cast<double>(options.batch) / Quantile(times, 0.5);
}

double MicrosecondsToRead(std::size_t bytes) {
  const AlignedVector<std::uint64_t> words(std::max<std::size_t>(bytes / sizeof(std::uint64_t), 1),
                                           1);
  volatile std::uint64_t sum = 0;  // so that the reading is not left out
  const auto read = [&](std::size_t) { sum = ReadAllOf(words); };
  read(0);
  return Quantile(TimesOf(3, kReads, kReadSeconds, read), 0.5);
}

}  // namespace derrd
