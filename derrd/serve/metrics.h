// What the server counts, for Prometheus.
#ifndef DERRD_SERVE_METRICS_H_
#define DERRD_SERVE_METRICS_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace derrd::serve {

// What a request was for. kUnknown: a path that is none of ours. kBroken: no whole request.
enum class Route {
  kRecommend,
  kModel,
  kUsers,
  kItems,
  kHistory,
  kAttributes,
  kHealth,
  kReady,
  kMetrics,
  kOpenApi,
  kPage,
  kUnknown,
  kBroken
};
constexpr std::size_t kRoutes = 13;
std::string_view Name(Route route);

// Counts of requests, in parts that each thread writes alone, and a few numbers of the whole.
class Metrics {
 public:
  explicit Metrics(std::size_t threads) : shards_(threads) {}

  // A request that thread answered. Only that thread may call it with its number.
  void Count(std::size_t thread, Route route, int status, double microseconds);

  // The text format of Prometheus 0.0.4, without facts of the model.
  void AppendTo(std::string& out) const;

  std::atomic<std::int64_t> connections = 0;           // open now
  std::atomic<std::uint64_t> refused_connections = 0;  // beyond the limit
  std::atomic<std::uint64_t> reloads = 0, failed_reloads = 0;
  std::atomic<bool> last_reload_failed = false;
  std::atomic<std::uint64_t> dropped_log_lines = 0;

 private:
  static constexpr std::array kStatuses = {200, 400, 401, 404, 405, 408,
                                           413, 415, 431, 500, 503, 505};
  static constexpr std::array kBounds = {25e-6,  50e-6, 100e-6, 250e-6, 500e-6, 1e-3,
                                         2.5e-3, 5e-3,  10e-3,  25e-3,  100e-3, 1.0};  // seconds

  struct OfRoute {
    std::array<std::atomic<std::uint64_t>, kStatuses.size()> statuses{};
    std::array<std::atomic<std::uint64_t>, kBounds.size() + 1> buckets{};
    std::atomic<std::uint64_t> nanoseconds{0};
  };
  struct alignas(64) Shard {
    std::array<OfRoute, kRoutes> routes;
  };

  template <typename Counter>
  std::uint64_t Sum(Counter counter) const;
  void AppendRequests(std::string& out) const;
  void AppendSeconds(std::string& out) const;

  std::vector<Shard> shards_;
};

// One metric: its HELP and TYPE lines ("counter" or "gauge"), and one sample without labels.
void AppendMetric(std::string& out, std::string_view name, std::string_view type,
                  std::string_view help, std::uint64_t value);

}  // namespace derrd::serve

#endif  // DERRD_SERVE_METRICS_H_
