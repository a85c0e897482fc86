#include "derrd/cli/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace derrd::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// A stream in memory and a clock that is set by hand.
class ProgressTest : public testing::Test {
 protected:
  ProgressTest() : stream_(open_memstream(&text_, &size_)) {}
  ~ProgressTest() override {
    std::fclose(stream_);
    std::free(text_);
  }
  std::string Text() {
    std::fflush(stream_);
    return {text_, size_};
  }
  std::size_t Count(char c) {
    const std::string text = Text();
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), c));
  }
  Progress::Clock Clock() {
    return [this] { return std::chrono::duration<double>(now_); };
  }

  char* text_ = nullptr;
  std::size_t size_ = 0;
  std::FILE* stream_;
  double now_ = 100;
};

TEST_F(ProgressTest, OnATerminalShowsBarPercentRateAndTimeLeft) {
  Progress progress("train", 1000, "epochs", stream_, 200, Clock());
  now_ += 2;
  progress.Update(250, "loss 0.5");
  EXPECT_EQ(Text(),
            "\rtrain [=====>              ]  25 %  250 of 1,000 epochs  125 epochs/s  6.0 s left"
            "  loss 0.5\x1b[K");
}

TEST_F(ProgressTest, OnATerminalRedrawsTenTimesASecondAtMost) {
  Progress progress("train", 1000, "epochs", stream_, 80, Clock());
  for (int i = 1; i <= 1000; ++i) {
    now_ += 0.001;
    progress.Update(static_cast<std::uint64_t>(i));
  }
  EXPECT_GE(Count('\r'), 8u);
  EXPECT_LE(Count('\r'), 10u);
  EXPECT_EQ(Count('\n'), 0u);
  progress.Finish(1000, "done");
  EXPECT_THAT(Text(), HasSubstr("train 1,000 epochs in 1.0 s  1,000 epochs/s  done\x1b[K\n"));
}

TEST_F(ProgressTest, IsCutToTheTerminal) {
  Progress progress("é", 10, "users", stream_, 12, Clock());
  now_ += 1;
  progress.Update(5);
  EXPECT_EQ(Text(), "\ré [========\x1b[K");
}

TEST_F(ProgressTest, ElsewhereAPlainLineEveryTenSecondsAtMost) {
  Progress progress("train", 100, "epochs", stream_, 0, Clock());
  for (std::uint64_t epoch = 1; epoch <= 50; ++epoch) {
    now_ += 1;
    progress.Update(epoch);
  }
  EXPECT_EQ(Count('\n'), 5u);
  EXPECT_THAT(Text(),
              AllOf(HasSubstr("train  10 %  10 of 100 epochs  1 epochs/s  1 min 30 s left\n"),
                    Not(HasSubstr("\r")), Not(HasSubstr("["))));
}

TEST_F(ProgressTest, ShortWorkElsewhereLeavesOneLine) {
  Progress progress("train", 100, "epochs", stream_, 0, Clock());
  progress.Update(100);
  progress.Finish(7);
  EXPECT_EQ(Text(), "train 7 epochs in 0.0 s\n");
}

TEST_F(ProgressTest, AnOpenLineIsEndedBeforeAnErrorIsTold) {
  {
    Progress progress("train", 100, "epochs", stream_, 80, Clock());
    now_ += 1;
    progress.Update(1);
  }
  EXPECT_EQ(Text().back(), '\n');
}

TEST_F(ProgressTest, AnUnknownTotalAndMoreDoneThanPromised) {
  Progress unknown("train", 0, "epochs", stream_, 0, Clock());
  Progress more("train", 3, "epochs", stream_, 0, Clock());
  now_ += 20;
  unknown.Update(0);
  more.Update(5);
  EXPECT_THAT(Text(), AllOf(HasSubstr("train 0 epochs"), HasSubstr("100 %  5 of 3"),
                            HasSubstr("0.0 s left")));
}

TEST(HumanDuration, Reads) {
  EXPECT_EQ(HumanDuration(0.44), "0.4 s");
  EXPECT_EQ(HumanDuration(12.4), "12 s");
  EXPECT_EQ(HumanDuration(200), "3 min 20 s");
  EXPECT_EQ(HumanDuration(7500), "2 h 5 min");
}

}  // namespace
}  // namespace derrd::cli
