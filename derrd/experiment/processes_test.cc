#include "derrd/experiment/processes.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "derrd/core/error.h"
#include "derrd/core/file.h"
#include "derrd/core/test_folder.h"

namespace derrd {
namespace {

constexpr auto kPause = std::chrono::milliseconds(5);

Processes::Ended Await(Processes& processes) {
  for (;;) {
    if (const auto ended = processes.TakeEnded()) return *ended;
    std::this_thread::sleep_for(kPause);
  }
}

TEST(Processes, ExitCodesAndOutputsArriveByName) {
  const TestFolder folder;
  Processes processes;
  processes.Start("three", {"/bin/sh", "-c", "echo said; echo told >&2; exit 3"}, folder / "out");
  EXPECT_TRUE(processes.IsRunning("three"));
  EXPECT_EQ(processes.names(), std::vector<std::string>{"three"});
  const auto ended = Await(processes);
  EXPECT_EQ(ended.name, "three");
  EXPECT_EQ(ended.exit_code, 3);
  EXPECT_EQ(ReadTextFile(folder / "out"), "said\ntold\n");
  EXPECT_EQ(processes.running(), 0u);
  EXPECT_TRUE(processes.names().empty());
}

TEST(Processes, ASignalAndAMissingProgramShow) {
  const TestFolder folder;
  Processes processes;
  processes.Start("killed", {"/bin/sh", "-c", "kill -9 $$"}, folder / "out");
  EXPECT_EQ(Await(processes).exit_code, 128 + SIGKILL);
  processes.Start("absent", {"/does/not/exist"}, folder / "out");
  EXPECT_EQ(Await(processes).exit_code, Processes::kNotStarted);
  EXPECT_THROW(processes.Start("unwritable", {"/bin/true"}, folder / "no/such/folder"), Error);
}

// A child writes its number and sleeps; whoever owns it goes.
std::string SleepWords(const std::string& file) {
  return "echo $$ > " + file + "; exec sleep 1000";
}

pid_t ChildIn(const std::string& file) {
  while (!std::filesystem::exists(file) || ReadTextFile(file).empty()) {
    std::this_thread::sleep_for(kPause);
  }
  return static_cast<pid_t>(std::stoi(ReadTextFile(file)));
}

// A zombie is gone too: this process does not inherit the grandchildren of the next test.
bool IsGone(pid_t pid) {
  const std::string path = "/proc/" + std::to_string(pid) + "/stat";
  if (!std::filesystem::exists(path)) return true;
  try {
    return ReadTextFile(path).find(") Z ") != std::string::npos;
  } catch (const Error&) {
    return true;
  }
}

TEST(Processes, EndWithTheObject) {
  const TestFolder folder;
  pid_t child = 0;
  {
    Processes processes;
    processes.Start("sleeper", {"/bin/sh", "-c", SleepWords(folder / "pid")}, folder / "out");
    child = ChildIn(folder / "pid");
    EXPECT_FALSE(IsGone(child));
  }
  EXPECT_TRUE(IsGone(child));
}

TEST(Processes, EndWithTheirParentHoweverItEnds) {
  const TestFolder folder;
  const pid_t parent = ::fork();
  if (parent == 0) {
    Processes processes;
    processes.Start("sleeper", {"/bin/sh", "-c", SleepWords(folder / "pid")}, folder / "out");
    for (;;) ::pause();
  }
  const pid_t child = ChildIn(folder / "pid");
  EXPECT_FALSE(IsGone(child));
  ::kill(parent, SIGKILL);
  ::waitpid(parent, nullptr, 0);
  while (!IsGone(child)) std::this_thread::sleep_for(kPause);
}

}  // namespace
}  // namespace derrd
