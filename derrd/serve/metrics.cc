#include "derrd/serve/metrics.h"

#include <algorithm>

#include "derrd/serve/json_text.h"

namespace derrd::serve {
namespace {

// One thread writes, others read: no locked addition is needed.
void AddTo(std::atomic<std::uint64_t>& counter, std::uint64_t more) {
  counter.store(counter.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
}

void AppendHead(std::string& out, std::string_view name, std::string_view type,
                std::string_view help) {
  Append(out, "# HELP {0} {1}\n# TYPE {0} {2}\n", name, help, type);
}

}  // namespace

std::string_view Name(Route route) {
  constexpr std::array<std::string_view, kRoutes> kNames = {
      "/v1/recommend",  "/v1/model", "/v1/users", "/v1/items", "/v1/history",
      "/v1/attributes", "/healthz",  "/readyz",   "/metrics",  "/openapi.json",
      "page",           "unknown",   "broken"};
  return kNames[static_cast<std::size_t>(route)];
}

void Metrics::Count(std::size_t thread, Route route, int status, double microseconds) {
  OfRoute& counts = shards_[thread].routes[static_cast<std::size_t>(route)];
  const auto found = std::ranges::find(kStatuses, status);
  const auto known = found == kStatuses.end() ? std::ranges::find(kStatuses, 500) : found;
  AddTo(counts.statuses[static_cast<std::size_t>(known - kStatuses.begin())], 1);
  const auto bucket = std::ranges::lower_bound(kBounds, microseconds * 1e-6) - kBounds.begin();
  AddTo(counts.buckets[static_cast<std::size_t>(bucket)], 1);
  AddTo(counts.nanoseconds, static_cast<std::uint64_t>(microseconds * 1e3));
}

template <typename Counter>
std::uint64_t Metrics::Sum(Counter counter) const {
  std::uint64_t sum = 0;
  for (const Shard& shard : shards_) sum += counter(shard).load(std::memory_order_relaxed);
  return sum;
}

void Metrics::AppendRequests(std::string& out) const {
  AppendHead(out, "derrd_requests_total", "counter", "Requests answered, by route and status.");
  for (std::size_t route = 0; route < kRoutes; ++route) {
    for (std::size_t status = 0; status < kStatuses.size(); ++status) {
      const std::uint64_t count =
          Sum([&](const Shard& shard) -> auto& { return shard.routes[route].statuses[status]; });
      if (count == 0) continue;
      Append(out, "derrd_requests_total{{route=\"{}\",status=\"{}\"}} {}\n",
             Name(static_cast<Route>(route)), kStatuses[status], count);
    }
  }
}

void Metrics::AppendSeconds(std::string& out) const {
  constexpr std::string_view kName = "derrd_request_seconds";
  AppendHead(out, kName, "histogram", "From a whole request to its whole answer, by route.");
  for (std::size_t route = 0; route < kRoutes; ++route) {
    const std::string_view name = Name(static_cast<Route>(route));
    std::uint64_t below = 0;
    std::array<std::uint64_t, kBounds.size() + 1> counts{};
    for (std::size_t bucket = 0; bucket < counts.size(); ++bucket) {
      below +=
          Sum([&](const Shard& shard) -> auto& { return shard.routes[route].buckets[bucket]; });
      counts[bucket] = below;
    }
    if (below == 0) continue;
    for (std::size_t bucket = 0; bucket < kBounds.size(); ++bucket) {
      Append(out, "{}_bucket{{route=\"{}\",le=\"{}\"}} {}\n", kName, name, kBounds[bucket],
             counts[bucket]);
    }
    const auto nanoseconds =
        Sum([&](const Shard& shard) -> auto& { return shard.routes[route].nanoseconds; });
    Append(out, "{0}_bucket{{route=\"{1}\",le=\"+Inf\"}} {2}\n{0}_sum{{route=\"{1}\"}} {3}\n",
           kName, name, below, static_cast<double>(nanoseconds) * 1e-9);
    Append(out, "{}_count{{route=\"{}\"}} {}\n", kName, name, below);
  }
}

void Metrics::AppendTo(std::string& out) const {
  AppendRequests(out);
  AppendSeconds(out);
  AppendMetric(out, "derrd_connections", "gauge", "Connections open now.",
               static_cast<std::uint64_t>(std::max<std::int64_t>(0, connections.load())));
  AppendMetric(out, "derrd_refused_connections_total", "counter",
               "Connections refused because there were too many.", refused_connections.load());
  AppendMetric(out, "derrd_reloads_total", "counter", "Models loaded again.", reloads.load());
  AppendMetric(out, "derrd_reload_failures_total", "counter",
               "Changed files that could not be loaded.", failed_reloads.load());
  AppendMetric(out, "derrd_last_reload_failed", "gauge",
               "1 while an older model serves because the changed file is broken.",
               last_reload_failed.load() ? 1 : 0);
  AppendMetric(out, "derrd_dropped_log_lines_total", "counter",
               "Lines of the access log that could not be written.", dropped_log_lines.load());
}

void AppendMetric(std::string& out, std::string_view name, std::string_view type,
                  std::string_view help, std::uint64_t value) {
  AppendHead(out, name, type, help);
  Append(out, "{} {}\n", name, value);
}

}  // namespace derrd::serve
