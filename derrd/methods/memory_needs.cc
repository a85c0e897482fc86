#include "derrd/methods/memory_needs.h"

#include <algorithm>
#include <filesystem>

#include "derrd/eval/score_rows.h"

namespace derrd {
namespace {

double Product(std::size_t a, std::size_t b) {
  return static_cast<double>(a) * static_cast<double>(b);
}

}  // namespace

double TableBytes(const RunSize& size, OptimizerKind optimizer) {
  constexpr double kCopies = 2;  // the values, and those of the epoch that is kept
  const std::size_t rows = size.users + size.items;
  return sizeof(float) * kCopies * Product(rows, size.width) +
         StateBytes(optimizer, rows, size.width);
}

MemoryNeed ScoreBlockNeed(const RunSize& size, std::size_t width) {
  return {"--threads", static_cast<double>(size.threads) * ScoreBlockBytes(size.items, width)};
}

double ListBytes(std::size_t rows, std::size_t length) {
  return sizeof(std::int32_t) * Product(rows, length);
}

double ScoreBytes(const RunSize& size, std::size_t lists, std::size_t length) {
  constexpr double kBytesAScore = 40;  // item, score, gradient, and the same sorted for both sides
  const double scores = Product(lists, length), rows = static_cast<double>(lists) + scores;
  const double touched = std::min(rows, static_cast<double>(size.users + size.items));
  return kBytesAScore * scores +
         sizeof(float) * (static_cast<double>(size.numbers_a_pair) * scores +
                          static_cast<double>(size.width) * touched);
}

std::vector<MemoryNeed> RelaxedListNeeds(const std::string& flags, const RunSize& run,
                                         std::size_t rows, std::size_t step_rows,
                                         std::size_t candidates,
                                         const RelaxedListOptions& options) {
  constexpr double kCopies = 2;  // best first, and ascending to sample outside of
  const std::size_t compared = options.interesting + options.uninteresting;
  return {{fmt::format("--{}-top", flags),
           kCopies * ListBytes(rows, std::min(options.top, candidates))},
          {fmt::format("--{0}-interesting and --{0}-uninteresting", flags),
           ListBytes(rows, compared) + ScoreBytes(run, step_rows, compared)}};
}

double ExpertBytes(const ExpertShape& shape, const RunSize& size) {
  constexpr double kSides = 2, kCopies = 4;
  const double layers = Product(shape.hidden_width, shape.student_width + shape.teacher_width + 1) +
                        static_cast<double>(shape.teacher_width);
  const auto selection = static_cast<double>(shape.teacher_width + 1);
  const std::size_t rows =
      BatchUsers(size) + std::min(size.items, (1 + size.negatives) * size.batch_size);
  const double computed =
      Product(rows, shape.student_width + shape.hidden_width + shape.teacher_width);
  return sizeof(float) * static_cast<double>(shape.experts) *
         (kSides * kCopies * (layers + selection) + computed);
}

double FileBytes(const std::string& path) {
  std::error_code error;
  const auto bytes = path.empty() ? 0 : std::filesystem::file_size(path, error);
  return error ? 0.0 : static_cast<double>(bytes);
}

}  // namespace derrd
