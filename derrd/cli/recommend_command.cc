// derrd recommend: the best items for users the model knows, for somebody new, or for everybody.
#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "derrd/cli/command.h"
#include "derrd/cli/outputs.h"
#include "derrd/cli/precision_flag.h"
#include "derrd/cli/progress.h"
#include "derrd/core/error.h"
#include "derrd/core/nearest.h"
#include "derrd/report/table.h"
#include "derrd/report/top_k_file.h"
#include "derrd/serve/recommender.h"

namespace derrd::cli {
namespace {

struct RecommendOptions : CommonOptions {
  std::string model;
  std::vector<std::string> users;
  std::vector<std::string> items;
  bool all = false;
  std::size_t k = 10;
  std::string dataset;
  std::vector<std::string> allow;
  std::vector<std::string> where;  // NAME=VALUE
  std::string output;
  Precision precision = Precision::kFloat32;
};

// What one user, or the new one, is recommended.
struct Answer {
  std::string user;  // empty for the new one
  std::vector<ScoredItem> items;
};

std::vector<WantedValue> Wanted(const std::vector<std::string>& where) {
  std::vector<WantedValue> wanted;
  for (const std::string_view text : where) {
    const std::size_t sign = text.find('=');
    if (sign == std::string_view::npos) {
      Fail<UsageError>("--where {}: write it as NAME=VALUE", text);
    }
    wanted.push_back({text.substr(0, sign), text.substr(sign + 1)});
  }
  return wanted;
}

void CheckUsage(const RecommendOptions& options) {
  const int ways =
      (options.users.empty() ? 0 : 1) + (options.items.empty() ? 0 : 1) + (options.all ? 1 : 0);
  if (ways != 1) {
    Fail<UsageError>("recommend to whom? Give one of --user ID, --items ID ID ... and --all");
  }
  if (options.all && options.output.empty()) {
    Fail<UsageError>("--all writes a file; name it with -o FILE.tsv or -o FILE.npy");
  }
  if (!options.all && !options.output.empty()) {
    Fail<UsageError>("-o {} belongs to --all; leave it out, or redirect the output",
                     options.output);
  }
  if (!options.where.empty() && options.dataset.empty()) {
    Fail<UsageError>("--where needs the --dataset that knows the items' attributes");
  }
  if (!options.items.empty() && !options.dataset.empty() && options.where.empty()) {
    Fail<UsageError>("--dataset knows nothing of a new user; leave it out with --items");
  }
  if (options.k == 0) Fail<UsageError>("-k 0: nothing to recommend; give at least 1");
  if (options.all) TopKFormatOf(options.output);
  Wanted(options.where);
}

// The indices of ids; Error that names the nearest id for an unknown one.
std::vector<std::int32_t> Find(const std::vector<std::string>& wanted, const Ids& ids,
                               const std::string& what, const std::string& path) {
  std::vector<std::int32_t> found;
  for (const std::string& id : wanted) {
    const auto index = ids.Find(id);
    if (!index) {
      Fail("{}: knows no {} '{}'{}; ids are those of the data it was trained on", path, what, id,
           DidYouMean(id, ids.size(), [&](std::size_t i) { return ids[i]; }));
    }
    found.push_back(*index);
  }
  return found;
}

ItemSet Fitting(const Recommender& recommender, const RecommendOptions& options) {
  if (recommender.attributes().empty()) {
    Fail("{}: knows no attributes of items; import it with --item-attributes", options.dataset);
  }
  try {
    return recommender.ItemsWhere(Wanted(options.where));
  } catch (const UnknownAttribute& error) {
    Fail("{}: {}", options.dataset, error.what());
  }
}

// What --allow and --where leave; nothing where neither is given.
std::optional<ItemSet> Allowed(const Recommender& recommender, const RecommendOptions& options) {
  std::optional<ItemSet> fitting;
  if (!options.where.empty()) fitting = Fitting(recommender, options);
  if (options.allow.empty()) return fitting;
  const ItemSet allowed(recommender.items(),
                        Find(options.allow, recommender.item_ids(), "item", options.model));
  return fitting ? Intersection(allowed, *fitting) : allowed;
}

std::vector<Answer> AnswerUsers(const Recommender& recommender, const ItemSet* allowed,
                                const RecommendOptions& options) {
  std::vector<Query> queries;
  for (const std::int32_t user :
       Find(options.users, recommender.user_ids(), "user", options.model)) {
    queries.push_back({.user = user, .k = options.k, .allowed = allowed});
  }
  const Parallel parallel(options.threads);
  const auto found = recommender.RecommendAll(queries, &parallel);
  std::vector<Answer> answers;
  for (std::size_t u = 0; u < found.size(); ++u) answers.push_back({options.users[u], found[u]});
  return answers;
}

Answer AnswerNewUser(const Recommender& recommender, const ItemSet* allowed,
                     const RecommendOptions& options) {
  const auto liked = Find(options.items, recommender.item_ids(), "item", options.model);
  return {"", recommender.Recommend({.liked = liked, .k = options.k, .allowed = allowed})};
}

nlohmann::ordered_json ToJson(const Answer& answer, const Recommender& recommender,
                              const RecommendOptions& options) {
  nlohmann::ordered_json json;
  if (options.items.empty()) {
    json["user"] = answer.user;
  } else {
    json["liked"] = options.items;
  }
  json["items"] = nlohmann::ordered_json::array();
  for (const ScoredItem& item : answer.items) {
    const auto index = static_cast<std::size_t>(item.item);
    nlohmann::ordered_json entry = {{"item", recommender.item_ids()[index]}, {"score", item.score}};
    if (!recommender.item_names().empty()) entry["name"] = recommender.item_names()[index];
    json["items"].push_back(std::move(entry));
  }
  return json;
}

std::string ToTable(const std::vector<Answer>& answers, const Recommender& recommender) {
  const bool with_user = answers.size() > 1;
  Table table;
  if (with_user) table.AddColumn("user", Table::Align::kLeft);
  table.AddColumn("rank");
  table.AddColumn("item", Table::Align::kLeft);
  table.AddColumn("score");
  if (!recommender.item_names().empty()) table.AddColumn("name", Table::Align::kLeft);
  for (const Answer& answer : answers) {
    for (std::size_t i = 0; i < answer.items.size(); ++i) {
      const auto index = static_cast<std::size_t>(answer.items[i].item);
      std::vector<std::string> row;
      if (with_user) row.push_back(answer.user);
      row.push_back(std::to_string(i + 1));
      row.emplace_back(recommender.item_ids()[index]);
      row.push_back(fmt::format("{:.4f}", answer.items[i].score));
      if (!recommender.item_names().empty()) row.emplace_back(recommender.item_names()[index]);
      table.AddRow(std::move(row));
    }
  }
  return table.ToMarkdown();
}

void WriteAll(const Recommender& recommender, const ItemSet* allowed,
              const RecommendOptions& options) {
  Progress progress("recommend", recommender.users(), "users");
  WriteTopK(recommender, options.k, allowed, options.output, Parallel(options.threads),
            [&](std::size_t users) { progress.Update(users); });
  progress.Finish(recommender.users());
  if (options.json) {
    PrintJson({{"model", options.model},
               {"output", options.output},
               {"users", recommender.users()},
               {"k", options.k}});
  }
}

void PrintAnswers(const Recommender& recommender, const ItemSet* allowed,
                  const RecommendOptions& options) {
  const std::vector<Answer> answers =
      options.items.empty() ? AnswerUsers(recommender, allowed, options)
                            : std::vector{AnswerNewUser(recommender, allowed, options)};
  if (!options.json) {
    return Print(ToTable(answers, recommender));
  }
  nlohmann::ordered_json json = {{"model", options.model}, {"k", options.k}};
  json["recommendations"] = nlohmann::ordered_json::array();
  for (const Answer& answer : answers) {
    json["recommendations"].push_back(ToJson(answer, recommender, options));
  }
  PrintJson(json);
}

void RunRecommend(const RecommendOptions& options) {
  CheckUsage(options);
  if (options.all) CheckOutputs({options.output}, {options.model, options.dataset});
  std::optional<std::string> dataset;
  if (!options.dataset.empty()) dataset = options.dataset;
  const auto recommender = Recommender::Open(options.model, dataset, options.precision);
  if (recommender->precision() != options.precision) {
    Note(
        fmt::format("--precision is of tables that are searched; {}, a {} model, scores every item",
                    options.model, recommender->kind()));
  }
  const auto allowed = Allowed(*recommender, options);
  if (options.all) {
    WriteAll(*recommender, allowed ? &*allowed : nullptr, options);
  } else {
    PrintAnswers(*recommender, allowed ? &*allowed : nullptr, options);
  }
}

}  // namespace

void AddRecommendCommand(CLI::App& program) {
  const auto [app, options] = AddCommand<RecommendOptions>(
      program, "recommend", "List the best items for users, for somebody new, or for everybody",
      "derrd recommend student.derrd --user 42 -k 10 --dataset citeulike.derrd\n"
      "  derrd recommend student.derrd --items 17 4711\n"
      "  derrd recommend student.derrd --all -k 100 -o top100.tsv",
      RunRecommend);
  app->add_option("MODEL", options->model, "Model that ranks the items")->required();
  app->add_option("--user", options->users, "Users that the model knows; several are answered");
  app->add_option("--items", options->items,
                  "Items that somebody new likes; the others are ranked for them");
  app->add_flag("--all", options->all, "Answer every user, to the file of -o");
  app->add_option("-k,--top", options->k, "How many items each")
      ->check(WholeNumber(1, 1000000))
      ->capture_default_str();
  app->add_option("--dataset", options->dataset,
                  "Data set whose training items a user is not recommended again");
  app->add_option("--allow", options->allow, "Recommend only these items");
  app->add_option("--where", options->where,
                  "Recommend only items whose attribute NAME has the VALUE, as the data set knows: "
                  "NAME=VALUE. Values of one attribute are alternatives, all attributes must fit");
  AddPrecisionFlag(*app, options->precision);
  app->add_option("-o,--output", options->output,
                  "With --all. FILE.tsv: user, rank, item, score, and the item's name where known. "
                  "FILE.npy: int32 of users x K; row u and number i are the u-th user and the i-th "
                  "item of the model's ids, from 0, and -1 fills up a row (of K, or of all items "
                  "if they are fewer)");
}

}  // namespace derrd::cli
