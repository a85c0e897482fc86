// Tests of what turns files into records: text_source, line_reader, field_splitter, record_reader
// and utf8.
#include <sys/stat.h>

#include <thread>
#include <vector>

#include "derrd/core/random.h"
#include "derrd/data/record_reader.h"
#include "derrd/data/test_files.h"
#include "derrd/data/utf8.h"

namespace derrd {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> Lines(const std::string& path) {
  LineReader reader(path);
  std::vector<std::string> lines;
  for (std::string_view line; reader.Next(line);) lines.emplace_back(line);
  return lines;
}

std::string RandomLines(std::uint64_t seed, std::uint32_t count, std::uint32_t longest) {
  RandomStream stream(seed, Role::kTest, 0, 0);
  std::string text;
  for (std::uint32_t i = 0; i < count; ++i) {
    for (std::uint32_t k = stream.Below(longest); k > 0; --k) {
      text += static_cast<char>('a' + stream.Below(26));
    }
    text += '\n';
  }
  return text;
}

std::vector<std::string> SplitAtNewlines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

TEST(LineReaderTest, EveryCompressionGivesTheSameLines) {
  const TemporaryFolder folder;
  for (const std::uint32_t longest : {1u, 2u, 90u, 70'000u}) {
    const std::string text = RandomLines(longest, longest > 1000 ? 100 : 30'000, longest);
    const auto expected = SplitAtNewlines(text);
    EXPECT_EQ(Lines(folder.Write("plain", text)), expected);
    EXPECT_EQ(Lines(folder.Write("gz", Gzip(text))), expected);
    EXPECT_EQ(Lines(folder.Write("zst", Zstd(text))), expected);
  }
}

TEST(LineReaderTest, LinesLongerThanTheBuffer) {
  const TemporaryFolder folder;
  const std::string line(3'500'000, 'x');
  EXPECT_THAT(Lines(folder.Write("f", line + "\ny\n" + line)), ElementsAre(line, "y", line));
}

TEST(LineReaderTest, ConcatenatedStreamsAreOneText) {
  const TemporaryFolder folder;
  EXPECT_THAT(Lines(folder.Write("a", Gzip("1\n2") + Gzip("3\n"))), ElementsAre("1", "23"));
  EXPECT_THAT(Lines(folder.Write("b", Zstd("1\n2") + Zstd("3\n"))), ElementsAre("1", "23"));
}

TEST(LineReaderTest, LineEndsMarksAndNumbers) {
  const TemporaryFolder folder;
  EXPECT_THAT(Lines(folder.Write("a", "\xEF\xBB\xBFuser\r\n\r\nb\n\nlast")),
              ElementsAre("user", "", "b", "", "last"));
  LineReader reader(folder.Path("a"));
  std::string_view line;
  reader.Next(line);
  reader.Next(line);
  EXPECT_EQ(reader.Place(), folder.Path("a") + ":2");
}

TEST(LineReaderTest, ReadsAPipe) {
  const TemporaryFolder folder;
  const std::string path = folder.Path("pipe");
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  std::thread writer([&] { std::ofstream(path) << "a\nb\n"; });
  EXPECT_THAT(Lines(path), ElementsAre("a", "b"));
  writer.join();
}

TEST(LineReaderTest, FilesThatCannotBeRead) {
  const TemporaryFolder folder;
  const auto message = [](const std::string& path) { return MessageOf([&] { Lines(path); }); };
  EXPECT_THAT(message(folder.Path("none")), HasSubstr("none: cannot open the file"));
  EXPECT_THAT(message(folder.Path("")), HasSubstr("cannot read the file: Is a directory"));
  EXPECT_THAT(message(folder.Write("empty", "")), HasSubstr("the file is empty"));
  EXPECT_THAT(message(folder.Write("empty.gz", Gzip(""))), HasSubstr("the file is empty"));
  EXPECT_THAT(message(folder.Write("binary", std::string("ab\n\0c", 5))),
              HasSubstr("not a text file"));
  EXPECT_THAT(message(folder.Write("utf16", std::string("\xFF\xFE\x61\0", 4))),
              HasSubstr("not a text file"));
}

TEST(LineReaderTest, DamagedStreams) {
  const TemporaryFolder folder;
  const std::string text = RandomLines(1, 20'000, 40);
  for (const auto& [name, whole] : {std::pair("gzip", Gzip(text)), std::pair("zstd", Zstd(text))}) {
    for (const std::size_t size : {std::size_t{5}, whole.size() / 2, whole.size() - 1}) {
      const std::string path = folder.Write("cut", whole.substr(0, size));
      const std::string message = MessageOf([&] { Lines(path); });
      EXPECT_THAT(message, HasSubstr(path));
      EXPECT_THAT(message, HasSubstr(fmt::format("its {} stream is cut short", name)));
    }
    std::string damaged = whole;
    for (std::size_t i = damaged.size() / 2; i < damaged.size() / 2 + 64; ++i) damaged[i] = '\x5A';
    EXPECT_THAT(MessageOf([&] { Lines(folder.Write("bad", damaged)); }),
                HasSubstr(fmt::format("its {} stream is damaged", name)));
    EXPECT_THAT(MessageOf([&] { Lines(folder.Write("tail", whole + "garbage")); }),
                HasSubstr(fmt::format("its {} stream is damaged", name)));
  }
}

std::vector<std::string> Fields(std::string_view record, const std::string& delimiter,
                                FieldStyle style, std::size_t most = 100) {
  FieldSplitter splitter(delimiter, style);
  std::vector<std::string_view> fields;
  EXPECT_TRUE(splitter.Split(record, most, fields));
  return {fields.begin(), fields.end()};
}

TEST(FieldSplitterTest, Plain) {
  EXPECT_THAT(Fields("1::2::3", "::", FieldStyle::kPlain), ElementsAre("1", "2", "3"));
  EXPECT_THAT(Fields("1:2::", "::", FieldStyle::kPlain), ElementsAre("1:2", ""));
  EXPECT_THAT(Fields(" a \t\"b\"", "\t", FieldStyle::kPlain), ElementsAre("a", "\"b\""));
  EXPECT_THAT(Fields("a,b,c", ",", FieldStyle::kPlain, 2), ElementsAre("a", "b"));
  EXPECT_THAT(Fields("", ",", FieldStyle::kPlain), ElementsAre(""));
}

TEST(FieldSplitterTest, Runs) {
  EXPECT_THAT(Fields("  1  2\t 3 ", " ", FieldStyle::kRuns), ElementsAre("1", "2", "3"));
  EXPECT_THAT(Fields("1, 2,3", ",", FieldStyle::kRuns), ElementsAre("1", "2", "3"));
  EXPECT_THAT(Fields(" ", " ", FieldStyle::kRuns), IsEmpty());
}

TEST(FieldSplitterTest, Quoted) {
  EXPECT_THAT(Fields(R"(1,"a, ""b""",,"")", ",", FieldStyle::kQuoted),
              ElementsAre("1", "a, \"b\"", "", ""));
  EXPECT_THAT(Fields(R"( "x" ,y"z)", ",", FieldStyle::kQuoted), ElementsAre("x", "y\"z"));
  EXPECT_THAT(Fields("\"two\nlines\";2", ";", FieldStyle::kQuoted), ElementsAre("two\nlines", "2"));
  FieldSplitter splitter(",", FieldStyle::kQuoted);
  std::vector<std::string_view> fields;
  EXPECT_FALSE(splitter.Split("1,\"open", 9, fields));
}

// Whatever is quoted by the book is read back as it was.
TEST(FieldSplitterTest, QuotedRoundTrip) {
  RandomStream stream(3, Role::kTest, 0, 0);
  for (int trial = 0; trial < 500; ++trial) {
    std::vector<std::string> fields(1 + stream.Below(5));
    std::string record;
    for (std::string& field : fields) {
      if (&field != &fields.front()) record += ',';
      record += '"';
      for (std::uint32_t k = stream.Below(6); k > 0; --k) {
        const char character = ",\" \nab"[stream.Below(6)];
        field += character;
        record += character;
        if (character == '"') record += '"';
      }
      record += '"';
    }
    EXPECT_EQ(Fields(record, ",", FieldStyle::kQuoted), fields) << record;
  }
}

TEST(RecordReaderTest, JoinsLinesInsideQuotesAndSkipsBlankOnes) {
  const TemporaryFolder folder;
  LineReader lines(folder.Write("f", "1,\"a\n\nb\",2\n\n \n3,c,4\n"));
  RecordReader records(lines, FieldSplitter(",", FieldStyle::kQuoted));
  std::vector<std::string_view> fields;
  ASSERT_TRUE(records.Next(3, fields));
  EXPECT_THAT(fields, ElementsAre("1", "a\n\nb", "2"));
  ASSERT_TRUE(records.Next(3, fields));
  EXPECT_THAT(fields, ElementsAre("3", "c", "4"));
  EXPECT_FALSE(records.Next(3, fields));
}

TEST(RecordReaderTest, AQuoteThatIsNeverClosedIsAnErrorWhereItOpens) {
  const TemporaryFolder folder;
  std::string text = "1,2\n3,\"4\n";
  for (int i = 0; i < 100'000; ++i) text += "5,6\n";
  LineReader lines(folder.Write("f", text));
  RecordReader records(lines, FieldSplitter(",", FieldStyle::kQuoted));
  std::vector<std::string_view> fields;
  ASSERT_TRUE(records.Next(2, fields));
  EXPECT_THAT(MessageOf([&] { records.Next(2, fields); }),
              HasSubstr("f:2: a double quote is opened here and not closed"));
}

TEST(RecordReaderTest, ReportsProgress) {
  const TemporaryFolder folder;
  std::string text;
  for (int i = 0; i < 40'000; ++i) text += "1 2\n";
  LineReader lines(folder.Write("f", text));
  std::vector<std::uint64_t> reported;
  RecordReader records(lines, FieldSplitter(" ", FieldStyle::kRuns), [&](const ReadProgress& p) {
    EXPECT_EQ(p.size, text.size());
    EXPECT_LE(p.bytes_read, p.size);
    reported.push_back(p.lines);
  });
  std::vector<std::string_view> fields;
  while (records.Next(2, fields)) {
  }
  EXPECT_THAT(reported, ElementsAre(16'384, 32'768));
}

TEST(Utf8Test, TellsWellFormedText) {
  for (const std::string_view good : {"", "abc", "zoë", "日本", "😀", "\x7F"}) {
    EXPECT_TRUE(IsUtf8(good)) << good;
  }
  for (const std::string_view bad :
       {"\xFF", "\xC3", "\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "a\x80"}) {
    EXPECT_FALSE(IsUtf8(bad));
  }
}

TEST(Utf8Test, CutsBetweenCharacters) {
  EXPECT_EQ(Shortened("", 0), "");
  EXPECT_EQ(Shortened("zoë", 4), "zoë");
  EXPECT_EQ(Shortened("zoë!", 4), "zoë...");
  EXPECT_EQ(Shortened("zoë", 3), "zo...");
  EXPECT_EQ(Shortened("😀😀", 7), "😀...");
  EXPECT_EQ(Shortened("😀", 3), "...");
}

TEST(Utf8Test, EveryLatin1ByteBecomesItsCodePoint) {
  EXPECT_EQ(FromLatin1("Am\xE9lie"), "Amélie");
  for (int code = 0; code < 256; ++code) {
    EXPECT_TRUE(IsUtf8(FromLatin1(std::string(1, static_cast<char>(code)))));
  }
}

}  // namespace
}  // namespace derrd
