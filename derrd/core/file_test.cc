#include "derrd/core/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "derrd/core/error.h"
#include "derrd/core/test_folder.h"

namespace derrd {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

class FileTest : public testing::Test {
 protected:
  const TestFolder folder_;
};

TEST_F(FileTest, TextComesBackAsItWasWritten) {
  for (const std::string& text : {std::string(), std::string("a"), std::string("a\0b\n\xFF", 5),
                                  std::string((1 << 20) - 1, 'x'), std::string(1 << 20, 'y'),
                                  std::string((3 << 20) + 1, 'z')}) {
    WriteTextFile(folder_ / "text", text);
    EXPECT_EQ(ReadTextFile(folder_ / "text"), text);
    EXPECT_EQ(folder_.entries(), 1u);
  }
}

TEST_F(FileTest, ManyWritesOfAllSizesAreOneFile) {
  std::string expected;
  OutputFile file(folder_ / "out");
  for (std::size_t size : {0u, 1u, 1000u, 1u << 20, 7u, (1u << 20) + 1, 500'000u, 600'000u, 3u}) {
    const std::string piece(size, static_cast<char>('a' + expected.size() % 26));
    file.Write(piece);
    expected += piece;
  }
  EXPECT_EQ(file.path(), folder_ / "out");
  file.Commit();
  EXPECT_EQ(ReadTextFile(folder_ / "out"), expected);
}

TEST_F(FileTest, CheckingWhetherAFileCanBeWrittenLeavesEverythingAsItIs) {
  CheckCanWrite(folder_ / "new");
  EXPECT_EQ(folder_.entries(), 0u);
  WriteTextFile(folder_ / "old", "text");
  CheckCanWrite(folder_ / "old");
  EXPECT_EQ(ReadTextFile(folder_ / "old"), "text");
  EXPECT_EQ(folder_.entries(), 1u);
  EXPECT_THROW(CheckCanWrite(folder_ / "absent/new"), Error);
}

TEST_F(FileTest, WithoutCommitTheOldFileStays) {
  WriteTextFile(folder_ / "out", "old");
  {
    OutputFile file(folder_ / "out");
    file.Write(std::string(2 << 20, 'n'));
  }
  EXPECT_EQ(ReadTextFile(folder_ / "out"), "old");
  EXPECT_EQ(folder_.entries(), 1u);
}

TEST_F(FileTest, TheOldFileIsReadableUntilCommit) {
  WriteTextFile(folder_ / "out", "old");
  const MappedFile old(folder_ / "out");
  OutputFile file(folder_ / "out");
  file.Write("new");
  EXPECT_EQ(ReadTextFile(folder_ / "out"), "old");
  file.Commit();
  EXPECT_EQ(ReadTextFile(folder_ / "out"), "new");
  EXPECT_EQ(old.text(), "old");
}

TEST_F(FileTest, WithoutCommitNothingAppears) {
  { OutputFile(folder_ / "out").Write("text"); }
  EXPECT_EQ(folder_.entries(), 0u);
}

TEST_F(FileTest, OneWritesAtATimeAndLosesNothing) {
  WriteTextFile(folder_ / "out", "old");
  {
    OutputFile first(folder_ / "out");
    first.Write("first");
    EXPECT_THAT([&] { OutputFile second(folder_ / "out"); },
                ThrowsMessage<Error>(AllOf(HasSubstr(folder_ / "out"), HasSubstr("another run"))));
    first.Commit();
  }
  EXPECT_EQ(ReadTextFile(folder_ / "out"), "first");
  WriteTextFile(folder_ / "out", "second");
  EXPECT_EQ(ReadTextFile(folder_ / "out"), "second");
  EXPECT_EQ(folder_.entries(), 1u);
}

TEST_F(FileTest, ManyWritersLeaveOneWholeFile) {
  constexpr int kWriters = 4, kRounds = 200;
  std::atomic<int> written = 0;
  std::vector<std::thread> writers;
  for (int w = 0; w < kWriters; ++w) {
    writers.emplace_back([&, w] {
      const std::string text(static_cast<std::size_t>(1000 * (w + 1)), static_cast<char>('a' + w));
      for (int round = 0; round < kRounds; ++round) {
        try {
          WriteTextFile(folder_ / "out", text);
          ++written;
        } catch (const Error&) {  // another one writes
        }
        const std::string now = written > 0 ? ReadTextFile(folder_ / "out") : "a";
        ASSERT_FALSE(now.empty());
        EXPECT_EQ(now.find_first_not_of(now.front()), std::string::npos);
        if (now.size() == 1) continue;
        EXPECT_EQ(now.size(), 1000u * static_cast<std::size_t>(now.front() - 'a' + 1));
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_GT(written, 0);
  EXPECT_EQ(folder_.entries(), 1u);
}

TEST_F(FileTest, WhatAKilledRunLeftIsNoHindrance) {
  std::ofstream(folder_ / "out.partial") << "much longer than what is written now";
  WriteTextFile(folder_ / "out", "new");
  EXPECT_EQ(ReadTextFile(folder_ / "out"), "new");
  EXPECT_EQ(folder_.entries(), 1u);
}

TEST_F(FileTest, AFullDiskIsAnErrorWithARemedyAndLeavesNothing) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "this system has no /dev/full";
  fs::create_symlink("/dev/full", folder_ / "full");
  EXPECT_THAT([&] { WriteTextFile(folder_ / "full", "text"); },
              ThrowsMessage<Error>(AllOf(HasSubstr(folder_ / "full"), HasSubstr("No space left"),
                                         HasSubstr("free space"))));
  EXPECT_THAT([&] { WriteTextFile(folder_ / "full", std::string(2 << 20, 'x')); },
              ThrowsMessage<Error>(HasSubstr("No space left")));
  EXPECT_EQ(folder_.entries(), 1u);
}

// As on a full disk, but in the partial file of a regular one.
TEST_F(FileTest, AFullDiskLeavesTheOldFile) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "this system has no /dev/full";
  WriteTextFile(folder_ / "out", "old");
  fs::create_symlink("/dev/full", folder_ / "out.partial");
  EXPECT_THAT([&] { WriteTextFile(folder_ / "out", "new"); },
              ThrowsMessage<Error>(AllOf(HasSubstr(folder_ / "out"), HasSubstr("free space"))));
  EXPECT_EQ(ReadTextFile(folder_ / "out"), "old");
  EXPECT_EQ(folder_.entries(), 1u);
}

TEST_F(FileTest, ADirectoryIsNoFileToWriteOrRead) {
  EXPECT_THAT([&] { OutputFile file(folder_.path()); },
              ThrowsMessage<Error>(AllOf(HasSubstr(folder_.path()), HasSubstr("is a directory"),
                                         HasSubstr("give the path of a file"))));
  EXPECT_THAT(
      [&] { MappedFile file(folder_.path()); },
      ThrowsMessage<Error>(AllOf(HasSubstr(folder_.path()), HasSubstr("not a regular file"))));
  EXPECT_EQ(folder_.entries(), 0u);
}

TEST_F(FileTest, ADirectoryThatAppearsBeforeCommitIsAnErrorAndLeavesNoPartialFile) {
  {
    OutputFile file(folder_ / "out");
    file.Write("text");
    fs::create_directory(folder_ / "out");
    EXPECT_THAT([&] { file.Commit(); },
                ThrowsMessage<Error>(AllOf(HasSubstr(folder_ / "out"), HasSubstr("replace"))));
  }
  EXPECT_FALSE(fs::exists(folder_ / "out.partial"));
}

TEST_F(FileTest, AMissingDirectoryOrFileIsNamed) {
  EXPECT_THAT([&] { WriteTextFile(folder_ / "no/such/out", "text"); },
              ThrowsMessage<Error>(AllOf(HasSubstr(folder_ / "no/such/out"),
                                         HasSubstr("No such file"), HasSubstr("check the path"))));
  EXPECT_THAT([&] { ReadTextFile(folder_ / "absent"); },
              ThrowsMessage<Error>(AllOf(HasSubstr(folder_ / "absent"), HasSubstr("No such file"),
                                         HasSubstr("check the path"))));
  EXPECT_THAT([] { ReadTextFile(""); }, ThrowsMessage<Error>(HasSubstr("No such file")));
  EXPECT_EQ(folder_.entries(), 0u);
}

TEST_F(FileTest, DevicesAreWrittenDirectly) {
  WriteTextFile("/dev/null", "text");
  EXPECT_FALSE(fs::is_regular_file("/dev/null"));
  EXPECT_FALSE(fs::exists("/dev/null.partial"));
}

TEST_F(FileTest, APipeThatNobodyWritesToIsAnErrorAndNoWait) {
  ASSERT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  EXPECT_THAT([&] { MappedFile file(folder_ / "pipe"); },
              ThrowsMessage<Error>(HasSubstr("not a regular file")));
}

TEST_F(FileTest, AMapMayBeMoved) {
  WriteTextFile(folder_ / "text", "content");
  MappedFile first(folder_ / "text");
  const std::byte* address = first.bytes().data();
  const MappedFile second(std::move(first));
  EXPECT_EQ(second.bytes().data(), address);
  EXPECT_EQ(second.text(), "content");
  EXPECT_EQ(second.path(), folder_ / "text");
}

}  // namespace
}  // namespace derrd
