#include "derrd/core/nearest.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "derrd/core/random.h"

namespace derrd {
namespace {

// The definition, without tables or limits.
std::size_t SlowDistance(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty()) return a.size() + b.size();
  const auto rest_a = a.substr(1), rest_b = b.substr(1);
  std::size_t best =
      std::min({SlowDistance(rest_a, b) + 1, SlowDistance(a, rest_b) + 1,
                SlowDistance(rest_a, rest_b) + (a[0] == b[0] ? std::size_t{0} : std::size_t{1})});
  if (a.size() > 1 && b.size() > 1 && a[0] == b[1] && a[1] == b[0]) {
    best = std::min(best, SlowDistance(a.substr(2), b.substr(2)) + 1);
  }
  return best;
}

std::string RandomText(RandomStream& random) {
  std::string text(random.Below(7), ' ');
  for (char& letter : text) letter = static_cast<char>('a' + random.Below(3));
  return text;
}

TEST(EditDistance, AgreesWithItsDefinition) {
  RandomStream random(1, Role::kTest, 0, 0);
  for (int trial = 0; trial < 500; ++trial) {
    const std::string a = RandomText(random), b = RandomText(random);
    const std::size_t distance = SlowDistance(a, b);
    for (std::size_t limit = 0; limit < 9; ++limit) {
      EXPECT_EQ(EditDistance(a, b, limit), std::min(distance, limit + 1)) << a << " " << b;
    }
  }
}

TEST(Nearest, FindsSlipsOfTheHandAndNothingElse) {
  const std::vector<std::string> flags = {"--seed", "--split", "--teacher", "--threads"};
  EXPECT_EQ(DidYouMean("--spilt", flags), "; did you mean '--split'?");
  EXPECT_EQ(DidYouMean("--theads", flags), "; did you mean '--threads'?");
  EXPECT_EQ(DidYouMean("--learning-rate", flags), "");
  EXPECT_EQ(DidYouMean("", flags), "");
  EXPECT_EQ(DidYouMean("--seed", std::vector<std::string>{}), "");
}

TEST(Nearest, OfEqualsTheFirst) {
  const std::vector<std::string> ids = {"7", "1024", "1023", "1025"};
  EXPECT_EQ(DidYouMean("1022", ids), "; did you mean '1024'?");
  EXPECT_EQ(DidYouMean("9", ids), "");  // no character in common with any
}

}  // namespace
}  // namespace derrd
