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

// Also before the first evaluation, and through text.
TEST(EarlyStopping, GoesOnFromItsState) {
  const EarlyStoppingOptions options{{"HR@5", "HR@10"}, "HR@5", 2};
  EarlyStopping whole(options);
  std::vector<std::pair<double, double>> course{{0.1, 0.3},      {0.5, 1.0 / 3}, {0.4, 0.2},
                                                {0.45, 1.0 / 3}, {0.45, 0.34},   {0.5, 0.34}};
  for (std::int32_t epoch = 0; const auto& [hr5, hr10] : course) {
    EarlyStopping resumed(options);
    resumed.Restore(nlohmann::ordered_json::parse(whole.State().dump()));
    EXPECT_EQ(resumed.best_epoch(), whole.best_epoch());
    EXPECT_EQ(resumed.best(), whole.best());
    EXPECT_EQ(resumed.Update(epoch, At(hr5, hr10)), whole.Update(epoch, At(hr5, hr10)));
    EXPECT_EQ(resumed.ShouldStop(), whole.ShouldStop());
    EXPECT_EQ(resumed.State(), whole.State());
    ++epoch;
  }
  EXPECT_FALSE(whole.ShouldStop());
}

TEST(EarlyStopping, WatchesWhatTheProtocolMeasures) {
  const auto full = EarlyStoppingOptions::For(Protocol::kFull);
  EXPECT_EQ(full.watch, std::vector<std::string>{"NDCG@10"});
  EXPECT_EQ(full.keep, "NDCG@10");
  const auto sampled = EarlyStoppingOptions::For(Protocol::kSampled);
  EXPECT_EQ(sampled.watch, (std::vector<std::string>{"HR@5", "HR@10", "HR@20"}));
  EXPECT_EQ(sampled.keep, "HR@5");
}

TEST(EarlyStopping, AMetricThatIsNotThereIsAnError) {
  EarlyStopping stopping({{"Recall@7"}, "HR@5", 2});
  EXPECT_THROW(stopping.Update(0, At(0.5, 0.5)), Error);
}

}  // namespace
}  // namespace derrd
