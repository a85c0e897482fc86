#include "derrd/data/given_files.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <vector>

#include "derrd/core/error.h"
#include "derrd/data/filters.h"
#include "derrd/data/id_table.h"
#include "derrd/data/numbering.h"

namespace derrd {
namespace {

struct GivenSplit {
  const std::string& path;
  const OwnedInteractions& items;
};

InteractionLog ReadSplit(const std::string& path, const ReadOptions& options, IdTables& tables,
                         const ProgressCallback& progress, ImportSummary& summary) {
  InteractionLog log;
  InteractionReader reader(options, false, tables, progress);
  summary.files.push_back(reader.Read(path, log));
  if (log.empty()) Fail("{}: holds no interactions; give a file with some", path);
  summary.dropped.duplicates += DropDuplicates(tables.users.size(), log);
  return log;
}

ReadOptions CandidateOptions(const ReadOptions& options) {
  ReadOptions result;
  result.format = Format::kAdjacency;
  result.header = options.header;
  return result;
}

void CheckDisjoint(const DatasetContents& contents, const GivenSplit& a, const GivenSplit& b) {
  std::vector<std::int32_t> both;
  for (std::size_t u = 0; u < contents.user_ids.size(); ++u) {
    both.clear();
    std::ranges::set_intersection(a.items.view().Of(u), b.items.view().Of(u),
                                  std::back_inserter(both));
    if (both.empty()) continue;
    Fail("{}: item '{}' of user '{}' is also in {}; remove it from one of them", b.path,
         contents.item_ids[static_cast<std::size_t>(both.front())], contents.user_ids[u], a.path);
  }
}

// Takes what a user met in a split out of the user's candidates; returns how many that were.
std::size_t DropMetCandidates(DatasetContents& contents) {
  OwnedInteractions kept;
  for (std::size_t u = 0; u < contents.user_ids.size(); ++u) {
    const auto met = [&](std::int32_t item) {
      return std::ranges::any_of(
          std::array{&contents.train, &contents.valid, &contents.test},
          [&](const auto* split) { return std::ranges::binary_search(split->view().Of(u), item); });
    };
    std::ranges::remove_copy_if(contents.candidates.view().Of(u), std::back_inserter(kept.items),
                                met);
    kept.offsets.push_back(static_cast<std::int64_t>(kept.items.size()));
  }
  const std::size_t dropped = contents.candidates.items.size() - kept.items.size();
  contents.candidates = std::move(kept);
  return dropped;
}

void CheckSampled(const DatasetContents& contents, const GivenSplit& held_out,
                  const GivenSplit& candidates) {
  for (std::size_t u = 0; u < contents.user_ids.size(); ++u) {
    const std::size_t items = held_out.items.view().Of(u).size();
    if (items > 1) {
      Fail(
          "{}: user '{}' has {} items and candidates are for one held-out item a user; keep one, "
          "or leave --candidates out",
          held_out.path, contents.user_ids[u], items);
    }
    if (items == 1 && candidates.items.view().Of(u).empty()) {
      Fail(
          "{}: user '{}' has no candidates and an item in {}; add candidates, or leave "
          "--candidates out",
          candidates.path, contents.user_ids[u], held_out.path);
    }
  }
}

}  // namespace

DatasetContents ReadGivenFiles(const GivenFiles& given, const ReadOptions& options,
                               const ProgressCallback& progress, ImportSummary& summary) {
  IdTables tables;
  const bool sampled = !given.candidates.empty();
  InteractionLog train = ReadSplit(given.train, options, tables, progress, summary);
  InteractionLog valid = ReadSplit(given.valid, options, tables, progress, summary);
  InteractionLog test = ReadSplit(given.test, options, tables, progress, summary);
  InteractionLog candidates;
  if (sampled) {
    candidates = ReadSplit(given.candidates, CandidateOptions(options), tables, progress, summary);
  }

  DatasetContents contents;
  Renumber(tables, std::array{&train, &valid, &test, &candidates}, contents);
  contents.protocol = sampled ? Protocol::kSampled : Protocol::kFull;
  const std::size_t users = contents.user_ids.size();
  contents.train = ToInteractions(train, users);
  contents.valid = ToInteractions(valid, users);
  contents.test = ToInteractions(test, users);
  contents.candidates = ToInteractions(candidates, users);

  const std::array splits{GivenSplit{given.train, contents.train},
                          GivenSplit{given.valid, contents.valid},
                          GivenSplit{given.test, contents.test}};
  for (std::size_t a = 0; a < splits.size(); ++a) {
    for (std::size_t b = a + 1; b < splits.size(); ++b)
      CheckDisjoint(contents, splits[a], splits[b]);
  }
  if (sampled) {
    summary.dropped.met_candidates = DropMetCandidates(contents);
    const GivenSplit negatives{given.candidates, contents.candidates};
    CheckSampled(contents, splits[1], negatives);
    CheckSampled(contents, splits[2], negatives);
  }
  return contents;
}

}  // namespace derrd
