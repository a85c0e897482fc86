// For tests: runs a check on every instruction set that this machine has and the program was built
// for.
#ifndef DERRD_KERNELS_TEST_TARGETS_H_
#define DERRD_KERNELS_TEST_TARGETS_H_

#include <gtest/gtest.h>
#define HWY_WANT_AVX3_DL  // which some kernels are compiled for
#include <hwy/targets.h>

#include <functional>

namespace derrd {

inline void OnEveryTarget(const std::function<void()>& check) {
  for (const auto target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    SCOPED_TRACE(hwy::TargetName(target));
    check();
  }
  hwy::SetSupportedTargetsForTest(0);
}

}  // namespace derrd

#endif  // DERRD_KERNELS_TEST_TARGETS_H_
