#include "derrd/kernels/feistel.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "derrd/kernels/test_targets.h"

namespace derrd::kernels {
namespace {

std::uint32_t MixReference(std::uint32_t x) {
  x ^= x >> 16;
  x *= 0x85EBCA6Bu;
  x ^= x >> 13;
  x *= 0xC2B2AE35u;
  return x ^ (x >> 16);
}

std::vector<std::uint32_t> Draw(std::size_t n, std::uint32_t mask, unsigned seed) {
  std::mt19937 engine(seed);
  std::vector<std::uint32_t> x(n);
  for (auto& value : x) value = static_cast<std::uint32_t>(engine()) & mask;
  return x;
}

TEST(FeistelRounds, AgreeWithOneBlockAtATime) {
  const std::vector<std::uint32_t> keys = Draw(6, ~0u, 1);
  OnEveryTarget([&] {
    for (const std::uint32_t mask : {0xFu, 0x1FFu, 0xFFFFu, ~0u}) {
      for (const std::size_t n : {0, 1, 2, 3, 5, 8, 15, 16, 17, 33, 100}) {
        const auto left = Draw(n, mask, 2), right = Draw(n, mask, 3);
        auto found_left = left, found_right = right;
        FeistelRounds(keys, mask, n, found_left.data(), found_right.data());
        for (std::size_t i = 0; i < n; ++i) {
          std::uint32_t l = left[i], r = right[i];
          for (const std::uint32_t key : keys) {
            const std::uint32_t next = l ^ (MixReference(r ^ key) & mask);
            l = r;
            r = next;
          }
          ASSERT_EQ(found_left[i], l) << "mask " << mask << ", " << i << " of " << n;
          ASSERT_EQ(found_right[i], r) << "mask " << mask << ", " << i << " of " << n;
        }
      }
    }
  });
}

}  // namespace
}  // namespace derrd::kernels
