#include "derrd/cli/memory.h"

#include <gtest/gtest.h>

#include "derrd/core/error.h"
#include "derrd/core/test_errors.h"

namespace derrd::cli {
namespace {

TEST(Memory, WhatDoesNotFitIsRefusedWithEveryFigure) {
  EXPECT_NO_THROW(CheckMemory({{"--width", 3e9}, {"--rrd-top", 1e9}}, 4e9));
  EXPECT_EQ(MessageOf<UsageError>([] {
              CheckMemory({{"--width", 1e9}, {"--init", 0.0}, {"--rrd-top", 3.5e9}}, 4e9);
            }),
            "--rrd-top: needs about 4.5 GB of memory (--width 1 GB, --rrd-top 3.5 GB) and 4 GB "
            "are free; give less");
}

TEST(Memory, OfThisMachine) {
  EXPECT_NO_THROW(CheckMemory({{"--width", 1.0}}));
  EXPECT_THROW(CheckMemory({{"--width", 1e18}}), UsageError);
}

}  // namespace
}  // namespace derrd::cli
