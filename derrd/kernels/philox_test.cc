#include "derrd/kernels/philox.h"

#include <Random123/philox.h>
#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "derrd/kernels/test_targets.h"

namespace derrd::kernels {
namespace {

TEST(Philox, AgreesWithItsAuthorsCode) {
  std::mt19937 engine(1);
  const auto word = [&] { return static_cast<std::uint32_t>(engine()); };
  OnEveryTarget([&] {
    for (const std::size_t n : {0, 1, 2, 3, 4, 5, 7, 8, 9, 31, 100}) {
      const std::array<std::uint32_t, 2> key{word(), word()};
      std::vector<PhiloxBlock> blocks(n);
      for (PhiloxBlock& block : blocks) block = {word(), word(), word(), word()};
      if (n > 0) blocks[n - 1] = {~0u, ~0u, ~0u, ~0u};
      const std::vector<PhiloxBlock> counters = blocks;
      Philox(key, blocks);
      for (std::size_t i = 0; i < n; ++i) {
        const auto [a, b, c, d] = counters[i];
        const auto expected = r123::Philox4x32()({{a, b, c, d}}, {{key[0], key[1]}});
        for (std::size_t w = 0; w < 4; ++w)
          ASSERT_EQ(blocks[i][w], expected[w]) << i << " of " << n;
      }
    }
  });
}

}  // namespace
}  // namespace derrd::kernels
