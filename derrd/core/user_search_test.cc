#include "derrd/core/user_search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

namespace derrd {
namespace {

// Users with counts[u] interactions each; all places, in no order, beside a walk through the users.
void ExpectFinds(const std::vector<std::size_t>& counts) {
  OwnedInteractions owned;
  std::vector<std::int32_t> expected;
  for (std::size_t u = 0; u < counts.size(); ++u) {
    expected.insert(expected.end(), counts[u], static_cast<std::int32_t>(u));
    owned.offsets.push_back(static_cast<std::int64_t>(expected.size()));
  }
  owned.items.resize(expected.size());
  std::vector<std::uint64_t> places(expected.size());
  std::iota(places.begin(), places.end(), 0);
  std::shuffle(places.begin(), places.end(), std::mt19937(7));
  std::vector<std::int32_t> users(places.size());
  UserSearch(owned.view()).Find(places, users);
  for (std::size_t i = 0; i < places.size(); ++i) {
    ASSERT_EQ(users[i], expected[places[i]]) << "place " << places[i] << " of " << places.size();
  }
}

TEST(UserSearch, FindsTheUserOfEveryInteraction) {
  std::mt19937 engine(3);
  for (const double mean : {0.2, 1.0, 20.0, 300.0}) {
    std::geometric_distribution<std::size_t> count(1.0 / (1.0 + mean));  // many have none
    std::vector<std::size_t> counts(997);
    for (std::size_t& c : counts) c = count(engine);
    ExpectFinds(counts);
  }
}

TEST(UserSearch, AtTheEdges) {
  ExpectFinds({});
  ExpectFinds({0, 0});
  ExpectFinds({1});
  ExpectFinds({0, 0, 64, 0, 0});
  ExpectFinds({63, 1, 1, 63, 0, 128, 0});
  ExpectFinds(std::vector<std::size_t>(200, 1));
  std::vector<std::size_t> far_apart(5000, 0);  // many users within a block
  far_apart[0] = far_apart[2500] = far_apart[4999] = 40;
  ExpectFinds(far_apart);
}

}  // namespace
}  // namespace derrd
