// For the tests of this room: made-up interactions.
#ifndef DERRD_DATA_TEST_LOGS_H_
#define DERRD_DATA_TEST_LOGS_H_

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "derrd/core/ids.h"
#include "derrd/core/random.h"
#include "derrd/data/interaction_log.h"

namespace derrd {

inline Ids NumberIds(std::size_t n) {
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < n; ++i) ids.push_back(fmt::format("id{}", i));
  return Ids(ids);
}

// Distinct pairs in random order with times.
inline InteractionLog RandomLog(std::uint64_t seed, std::uint32_t users, std::uint32_t items,
                                std::size_t each) {
  RandomStream stream(seed, Role::kTest, 0, 0);
  InteractionLog log;
  for (std::uint32_t u = 0; u < users; ++u) {
    std::set<std::int32_t> chosen;
    while (chosen.size() < each) chosen.insert(static_cast<std::int32_t>(stream.Below(items)));
    std::vector<std::int32_t> order(chosen.begin(), chosen.end());
    for (std::size_t i = order.size(); i > 1; --i) {
      std::swap(order[i - 1], order[stream.Below(static_cast<std::uint32_t>(i))]);
    }
    for (const std::int32_t item : order) {
      log.users.push_back(static_cast<std::int32_t>(u));
      log.items.push_back(item);
      log.times.push_back(stream.Below(1000));
    }
  }
  return log;
}

}  // namespace derrd

#endif  // DERRD_DATA_TEST_LOGS_H_
