#include "derrd/report/experiment_tables.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "derrd/core/error.h"
#include "derrd/core/file.h"
#include "derrd/core/test_errors.h"
#include "derrd/core/test_folder.h"
#include "derrd/report/experiment_json.h"
#include "derrd/report/experiment_page.h"
#include "derrd/report/html.h"
#include "derrd/report/student_t.h"

namespace derrd {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string Teacher(int seed, double hr) {
  return fmt::format(
      R"({{"role":"teacher","run":"t{0}","data":"d","teacher":"big","seed":{0},"metric":"HR@5",)"
      R"("log":"runs/t{0}.jsonl","config":{{"width":200}},"test":{{"HR@5":{1}}},"bytes":4096,)"
      R"("microseconds_per_query":50.0,"int8":{{"bytes":1024,"test":{{"HR@5":{2}}},)"
      R"("microseconds_per_query":20.0}}}})"
      "\n",
      seed, hr, 0.9 * hr);
}

std::string Student(const std::string& method, int seed, double hr, const std::string& more = "") {
  return fmt::format(
      R"({{"role":"student","run":"{0}{1}","data":"d","teacher":"big","student":"mf","method":"{0}",)"
      R"("width":20,"seed":{1},"values":{{"--w":"0.5"}},"teacher_run":"t{1}","metric":"HR@5",)"
      R"("log":"runs/{0}{1}.jsonl","test":{{"HR@5":{2},"NDCG@5":0.25}},"overlap":{{"overlap@10":0.5,)"
      R"("overlap@50":0.75}},"bytes":2048,"microseconds_per_query":5.0{3}}})"
      "\n",
      method, seed, hr, more);
}

std::vector<ExperimentSetting> Read(const TestFolder& folder, const std::string& text) {
  WriteTextFile(folder / "results.jsonl", text);
  return ReadResults({folder / "results.jsonl"});
}

std::string Both() {
  return Teacher(0, 0.5) + Teacher(1, 0.8) + Student("none", 0, 0.25) + Student("none", 1, 0.3) +
         Student("rrd", 0, 0.3) + Student("rrd", 1, 0.4) + Student("de", 1, 0.32);
}

TEST(ExperimentTables, MeansDeviationsSharesRivalsAndCosts) {
  const TestFolder folder;
  const auto settings = Read(folder, Both());
  ASSERT_EQ(settings.size(), 1u);
  const std::string text = ExperimentMarkdown(settings);
  EXPECT_THAT(text, HasSubstr("## d, teacher big, student mf of 20"));
  EXPECT_THAT(text, HasSubstr("| none          |     2 | 0.2750 ± 0.0354 |"));
  // Of each seed's own teacher: (0.25 / 0.5 + 0.3 / 0.8) / 2.
  EXPECT_THAT(text, HasSubstr("43.8 %"));
  EXPECT_THAT(text, HasSubstr("rrd -0.0750"));
  EXPECT_THAT(text, HasSubstr("2.0 KiB"));
  EXPECT_THAT(text, HasSubstr("--w 0.5"));
  EXPECT_THAT(text, HasSubstr("50.0 %"));  // of the top ten
  EXPECT_THAT(text, HasSubstr("one seed"));
  EXPECT_THAT(text, HasSubstr("| teacher, int8 |     2 | 0.5850"));
  EXPECT_THAT(text, HasSubstr("90.0 %"));
  EXPECT_THAT(text, HasSubstr("1.0 KiB |     20.0"));
}

TEST(ExperimentTables, TheRivalIsTheBestOfTheOthersOverTheSeedsOfBoth) {
  const TestFolder folder;
  const auto settings = Read(folder, Both());
  const auto of_none = BestRival(settings[0], settings[0].methods[0]);
  EXPECT_EQ(of_none->method, "rrd");
  EXPECT_NEAR(of_none->difference, -0.075, 1e-12);
  // Differences of 0.05 and 0.1: t = 3 with one degree of freedom.
  EXPECT_NEAR(*of_none->p, TwoSidedP(3, 1), 1e-9);
  const auto of_best = BestRival(settings[0], settings[0].methods[1]);
  EXPECT_EQ(of_best->method, "de");  // the highest mean, over the one seed it has
  EXPECT_NEAR(of_best->difference, 0.08, 1e-12);
  EXPECT_FALSE(of_best->p.has_value());
}

TEST(ExperimentJson, HasWhatTheTablesHaveAndEachMethodBesideEveryOther) {
  const TestFolder folder;
  const auto settings = Read(folder, Both());
  const auto json = ExperimentJson(settings);
  ASSERT_EQ(json.size(), 1u);
  EXPECT_EQ(json[0]["width"], 20);
  EXPECT_NEAR(json[0]["teachers"]["test"]["HR@5"]["mean"], 0.65, 1e-12);
  EXPECT_EQ(json[0]["int8_teachers"]["bytes"], 1024);
  const auto& rrd = json[0]["methods"][1];
  EXPECT_EQ(rrd["method"], "rrd");
  EXPECT_EQ(rrd["seeds"], nlohmann::ordered_json::array({0, 1}));
  EXPECT_NEAR(rrd["test"]["HR@5"]["mean"], 0.35, 1e-12);
  EXPECT_NEAR(rrd["test"]["HR@5"]["deviation"], std::sqrt(0.005), 1e-12);
  EXPECT_NEAR(rrd["share_of_teacher"], (0.3 / 0.5 + 0.4 / 0.8) / 2, 1e-12);
  EXPECT_EQ(rrd["overlap@10"], 0.5);
  EXPECT_EQ(rrd["values"]["--w"], "0.5");
  EXPECT_NEAR(rrd["beside"]["none"]["HR@5"]["difference"], 0.075, 1e-12);
  EXPECT_NEAR(rrd["beside"]["none"]["HR@5"]["p"], TwoSidedP(3, 1), 1e-9);
  EXPECT_TRUE(rrd["beside"]["none"]["NDCG@5"]["p"].is_null());  // the same at every seed
  EXPECT_EQ(rrd["beside"]["de"]["HR@5"]["seeds"], 1);
  EXPECT_TRUE(rrd["beside"]["de"]["HR@5"]["p"].is_null());
  EXPECT_FALSE(rrd["beside"].contains("rrd"));
}

TEST(ExperimentTables, FailuresAreCountedAndAnswerForNothing) {
  const TestFolder folder;
  std::string failed = Student("bad", 0, 0.1);
  failed.replace(failed.find("\"test\""), 6, "\"error\"");
  const auto settings = Read(folder, Both() + failed);
  EXPECT_THAT(ExperimentMarkdown(settings), HasSubstr("| 0 (1 failed) |"));
  EXPECT_THAT(ExperimentPage(settings), HasSubstr("0 (1 failed)"));
}

TEST(ReadResults, ARunThatSeveralFilesTellOfCountsOnce) {
  const TestFolder folder;
  const auto once = Read(folder, Both());
  const std::string path = folder / "results.jsonl";
  EXPECT_EQ(ExperimentMarkdown(ReadResults({path, path})), ExperimentMarkdown(once));
  std::string other = Student("rrd", 1, 0.2);
  other.replace(other.find("rrd1"), 4, "rrd9");
  WriteTextFile(folder / "other.jsonl", other);
  EXPECT_THAT(
      [&] {
        ReadResults({path, folder / "other.jsonl"});
      },
      testing::ThrowsMessage<Error>(
          testing::AllOf(HasSubstr("other.jsonl"), HasSubstr("rrd9"), HasSubstr("rrd1"))));
  std::string values = Student("rrd", 7, 0.2);
  values.replace(values.find("\"0.5\""), 5, "\"9.0\"");
  WriteTextFile(folder / "values.jsonl", values);
  EXPECT_THAT(
      [&] {
        ReadResults({path, folder / "values.jsonl"});
      },
      testing::ThrowsMessage<Error>(
          testing::AllOf(HasSubstr("values.jsonl"), HasSubstr("rrd7"), HasSubstr("rrd0"))));
}

TEST(ReadResults, AGivenValueIsNoOtherSettingThanOneThatWasSearched) {
  const TestFolder folder;
  const std::string config = R"(,"config":{"seed":1,"rrd":{"weight":0.5}})";
  std::string given = Student("rrd", 2, 0.4, config);
  const std::string values = R"("values":{"--w":"0.5"},)";
  given.erase(given.find(values), values.size());
  const auto settings = Read(folder, Teacher(1, 0.5) + Student("rrd", 1, 0.3, config) + given);
  EXPECT_EQ(settings[0].methods[0].runs.size(), 2u);
}

TEST(ReadResults, TeachersOfOneNameAreOfOneKind) {
  const TestFolder folder;
  WriteTextFile(folder / "wide.jsonl", Teacher(0, 0.5) + Student("rrd", 0, 0.3));
  std::string narrow = Teacher(1, 0.1);
  narrow.replace(narrow.find("200"), 3, "2");
  const auto both = [&](const std::string& teacher, int seed) {
    WriteTextFile(folder / "narrow.jsonl", teacher + Student("rrd", seed, 0.3));
    return ReadResults({folder / "wide.jsonl", folder / "narrow.jsonl"});
  };
  EXPECT_EQ(both(Teacher(1, 0.1), 1)[0].teachers.size(), 2u);
  EXPECT_THAT(MessageOf([&] { both(narrow, 1); }),
              testing::AllOf(HasSubstr("narrow.jsonl: t1 is teacher 'big'"), HasSubstr("than t0")));
}

TEST(ReadResults, ATeacherThatDidNotTrainIsNone) {
  const TestFolder folder;
  std::string failed = Teacher(0, 0.5);
  failed.replace(failed.find("\"test\""), 6, "\"error\"");
  const auto settings =
      Read(folder, failed + Teacher(1, 0.5) + Student("none", 0, 0.3) + Student("none", 1, 0.3));
  EXPECT_EQ(settings[0].teachers.size(), 1u);
}

TEST(ReadResults, AnotherNumberOfStagesIsAnotherSetting) {
  const TestFolder folder;
  const auto student = [](int seed, const std::string& stages, const std::string& more = "") {
    return Student("hetcomp", seed, 0.3,
                   R"(,"config":{"hetcomp":{"stages":)" + stages + "}}" + more);
  };
  const std::string one = student(0, R"(["a"])");
  EXPECT_NO_THROW(Read(folder, one + student(1, R"(["b"])")));
  EXPECT_THAT(MessageOf([&] { Read(folder, one + student(1, R"(["b","c"])")); }),
              HasSubstr("hetcomp1 is method 'hetcomp' with other settings"));
  // Two were asked for, and a teacher that was best early has one.
  EXPECT_NO_THROW(
      Read(folder, student(0, R"(["a"])", R"(,"stages":2)") + student(1, R"(["b","c"])")));
}

TEST(ReadResults, WhatIsNoneNamesFileAndLine) {
  const TestFolder folder;
  const auto says = [&](const std::string& text) { return MessageOf([&] { Read(folder, text); }); };
  EXPECT_THAT(says(Both() + "{\"role\""), HasSubstr("results.jsonl:8: is no result"));
  EXPECT_THAT(says("[]\n"), HasSubstr(":1:"));
  EXPECT_THAT(says(R"({"role":"student","run":"a","data":"d","metric":"HR@5"})"), HasSubstr(":1:"));
  EXPECT_THAT(says(""), HasSubstr("holds no student yet"));
  EXPECT_THAT(says(Teacher(0, 0.5)), HasSubstr("holds no student yet"));
}

TEST(ChartData, CurvesAndExpertsComeFromTheLogsThinned) {
  const TestFolder folder;
  std::filesystem::create_directories(folder / "runs");
  std::string log;
  for (int epoch = 0; epoch < 1001; ++epoch) {
    log += fmt::format(
        R"({{"epoch":{},"de":{{"item":{{"experts_per_row":2.5,"rows_by_expert":[3,1]}}}},)"
        R"("valid":{{"HR@5":0.1}}}})"
        "\n",
        epoch);
  }
  WriteTextFile(folder / "runs/none0.jsonl", log);
  const auto data = ChartData(Read(folder, Both()));
  const auto& setting = data["settings"][0];
  ASSERT_EQ(setting["curves"].size(), 1u);  // the other logs are not there
  const auto& points = setting["curves"][0]["points"];
  EXPECT_LE(points.size(), 200u);
  EXPECT_EQ(points[0][0], 0);
  EXPECT_EQ(points.back()[0], 1000);
  ASSERT_EQ(setting["experts"].size(), 1u);
  EXPECT_EQ(setting["experts"][0]["points"][1][1], nlohmann::ordered_json::array({3, 1}));
  EXPECT_EQ(setting["experts"][0]["computed"][0][1], 2.5);
  EXPECT_EQ(setting["overlap"]["depths"].size(), 2u);
  EXPECT_EQ(data["costs"][0]["points"].size(), 5u);  // the teacher, also as int8, and three methods
}

TEST(ExperimentPage, HoldsAllAndAsksForNothing) {
  const TestFolder folder;
  std::string hostile = Both();
  hostile += Student("</script><b>", 0, 0.1);
  const std::string page = ExperimentPage(Read(folder, hostile));
  EXPECT_THAT(page, Not(HasSubstr("</script><b>")));
  EXPECT_THAT(page, HasSubstr("&lt;/script&gt;&lt;b&gt;"));
  EXPECT_THAT(page, HasSubstr("Chart.js v"));
  for (const char* outside : {"src=", "@import", "url("}) {
    EXPECT_THAT(page, Not(HasSubstr(outside))) << outside;
  }
}

TEST(ToHtml, EscapesAndMarksNumbers) {
  Table table;
  table.AddColumn("a|b", Table::Align::kLeft);
  table.AddColumn("n");
  table.AddRow({"<&>\"'", "1"});
  EXPECT_THAT(ToHtml(table), HasSubstr("<th>a|b</th><th class=\"number\">n</th>"));
  EXPECT_THAT(ToHtml(table), HasSubstr("<td>&lt;&amp;&gt;&quot;&#39;</td>"));
}

}  // namespace
}  // namespace derrd
