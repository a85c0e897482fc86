#include "derrd/data/import.h"

#include <array>
#include <utility>

#include "derrd/core/error.h"
#include "derrd/data/item_attributes.h"
#include "derrd/data/item_names.h"
#include "derrd/data/numbering.h"

namespace derrd {
namespace {

void CheckGivenOptions(const ImportOptions& options) {
  if (options.given.train.empty() || options.given.valid.empty() || options.given.test.empty()) {
    Fail<UsageError>("given splits need all of --train, --valid and --test");
  }
  if (options.filter.min_rating || options.filter.min_user > 0 || options.filter.min_item > 0) {
    Fail<UsageError>(
        "given splits are taken as they are; leave out --min-rating, --min-user and --min-item");
  }
  if (options.any()) {
    Fail<UsageError>(
        "given splits are not split again; leave out --split, --order, --ratio and --negatives "
        "(--candidates FILE gives sampled negatives)");
  }
  if (!options.read.rating.empty() || !options.read.time.empty()) {
    Fail<UsageError>("given splits need no rating and no time; leave out --rating and --time");
  }
}

void CheckOptions(const ImportOptions& options) {
  if (options.given.any() && !options.files.empty()) {
    Fail<UsageError>("give either FILES to split, or --train, --valid and --test; not both");
  }
  if (options.given.any()) return CheckGivenOptions(options);
  if (options.files.empty()) {
    Fail<UsageError>("no input; give FILES of interactions, or --train, --valid and --test");
  }
  CheckHoldOut(options);
}

InteractionLog ReadFiles(const ImportOptions& options, IdTables& tables,
                         const ProgressCallback& progress,
                         const std::function<void(const FileSummary&)>& on_read,
                         ImportSummary& summary) {
  InteractionLog log;
  InteractionReader reader(options.read, options.filter.min_rating.has_value(), tables, progress);
  for (const std::string& path : options.files) {
    summary.files.push_back(reader.Read(path, log));
    if (on_read) on_read(summary.files.back());
  }
  if (log.empty()) {
    Fail("{}: holds no interactions; give a file with some", options.files.front());
  }
  return log;
}

void FilterLog(const FilterOptions& options, const IdTables& tables, InteractionLog& log,
               ImportSummary& summary) {
  const std::size_t before = log.size();
  summary.dropped = Filter(options, tables.users.size(), tables.items.size(), log);
  if (!log.empty()) return;
  Fail(
      "nothing is left of {} interactions: {} were duplicates, {} below --min-rating, {} below "
      "--min-user or --min-item; lower these",
      before, summary.dropped.duplicates, summary.dropped.below_min_rating, summary.dropped.rare);
}

DatasetContents ReadAndSplit(const ImportOptions& options, const ProgressCallback& progress,
                             const std::function<void(const FileSummary&)>& on_read,
                             ImportSummary& summary) {
  IdTables tables;
  InteractionLog log = ReadFiles(options, tables, progress, on_read, summary);
  FilterLog(options.filter, tables, log, summary);

  DatasetContents contents;
  Renumber(tables, std::array{&log}, contents);
  const Parallel parallel(options.threads);
  AddSplits(SplitInteractions(log, contents.user_ids, SplitOptionsOf(options), parallel), options,
            parallel, contents);
  Metadata& metadata = contents.metadata;
  if (options.filter.min_rating) {
    metadata["import.min_rating"] = fmt::format("{}", *options.filter.min_rating);
  }
  metadata["import.min_user"] = std::to_string(options.filter.min_user);
  metadata["import.min_item"] = std::to_string(options.filter.min_item);
  return contents;
}

void AddItemNames(const std::string& path, DatasetContents& contents, ImportSummary& summary) {
  const ItemNames names = ReadItemNames(path, contents.item_ids);
  if (names.named == 0) {
    Fail("{}: names none of the {} items; check that its ids are those of the interactions", path,
         contents.item_ids.size());
  }
  contents.item_names = Ids(names.names);
  summary.names = NameSummary{names.named, names.unknown};
}

void AddItemAttributes(const std::string& path, DatasetContents& contents, ImportSummary& summary) {
  AttributeTable table = ReadItemAttributes(path, contents.item_ids);
  if (table.described == 0) {
    Fail("{}: describes none of the {} items; check that its ids are those of the interactions",
         path, contents.item_ids.size());
  }
  contents.attributes = std::move(table.attributes);
  summary.attributes =
      AttributeSummary{AttributesOf(contents.attributes.labels).size(),
                       contents.attributes.labels.size(), table.described, table.unknown};
}

// How it was made and what came of it, for `derrd info`.
void AddCounts(const ImportSummary& summary, Metadata& metadata) {
  const auto add = [&](const char* name, std::size_t count) {
    metadata[fmt::format("import.{}", name)] = std::to_string(count);
  };
  add("users", summary.users);
  add("items", summary.items);
  add("untrained_items", summary.untrained_items);
  add("train", summary.train);
  add("valid", summary.valid);
  add("test", summary.test);
  add("candidates", summary.candidates);
  add("dropped.duplicates", summary.dropped.duplicates);
  add("dropped.below_min_rating", summary.dropped.below_min_rating);
  add("dropped.below_min_user_or_min_item", summary.dropped.rare);
}

}  // namespace

ImportSummary Import(const ImportOptions& options, const std::string& output,
                     const ProgressCallback& progress,
                     const std::function<void(const FileSummary&)>& on_read) {
  CheckOptions(options);
  ImportSummary summary;
  DatasetContents contents;
  if (options.given.any()) {
    ReadOptions read = options.read;
    read.rating = read.time = "none";
    contents = ReadGivenFiles(options.given, read, progress, summary);
    contents.metadata["import.split"] = "given";
  } else {
    contents = ReadAndSplit(options, progress, on_read, summary);
  }
  if (!options.item_names.empty()) AddItemNames(options.item_names, contents, summary);
  if (!options.item_attributes.empty()) {
    AddItemAttributes(options.item_attributes, contents, summary);
  }
  summary.CountKept(contents);
  AddCounts(summary, contents.metadata);
  WriteDataset(contents, output);
  return summary;
}

}  // namespace derrd
