#include "derrd/train/early_stopping.h"

#include <gtest/gtest.h>

#include "derrd/core/error.h"

namespace derrd {
namespace {

Metrics At(double hr5, double hr10) {
  Metrics metrics;
  metrics.Add("HR@5", hr5);
  metrics.Add("HR@10", hr10);
  return metrics;
}

TEST(EarlyStopping, AnyStrictGainIsProgressAndTheFirstBestIsKept) {
  EarlyStopping stopping({{"HR@5", "HR@10"}, "HR@5", 2});
  EXPECT_TRUE(stopping.Update(0, At(0.5, 0.5)));
  EXPECT_FALSE(stopping.Update(1, At(0.5, 0.5)));  // a tie is no gain
  EXPECT_FALSE(stopping.ShouldStop());
  EXPECT_FALSE(stopping.Update(2, At(0.4, 0.6)));  // progress in one resets the patience
  EXPECT_FALSE(stopping.Update(3, At(0.5, 0.6)));
  EXPECT_FALSE(stopping.ShouldStop());
  EXPECT_FALSE(stopping.Update(4, At(0.5, 0.6)));
  EXPECT_TRUE(stopping.ShouldStop());
  EXPECT_EQ(stopping.best_epoch(), 0);
  EXPECT_EQ(stopping.best(), At(0.5, 0.5));
}

TEST(EarlyStopping, AMetricThatIsNotThereIsAnError) {
  EarlyStopping stopping({{"Recall@7"}, "HR@5", 2});
  EXPECT_THROW(stopping.Update(0, At(0.5, 0.5)), Error);
}

}  // namespace
}  // namespace derrd
