#include "derrd/data/import.h"

#include "derrd/core/error.h"
#include "derrd/data/dataset.h"
#include "derrd/data/id_table.h"
#include "derrd/data/interaction_log.h"
#include "derrd/data/line_reader.h"
#include "derrd/data/numbering.h"

namespace derrd {
namespace {

// "user<TAB>item item item", with a header line.
InteractionLog ReadLists(const std::string& path, IdTables& tables) {
  InteractionLog log;
  LineReader reader(path);
  std::string_view line;
  reader.Next(line);
  while (reader.Next(line)) {
    const std::size_t tab = line.find('\t');
    if (tab == std::string_view::npos) Fail("{}: no tab after the user", reader.Place());
    const std::int32_t user = tables.users.Intern(line.substr(0, tab));
    std::size_t begin = tab + 1;
    while (begin < line.size()) {
      const std::size_t end = std::min(line.find(' ', begin), line.size());
      if (end > begin) {
        log.users.push_back(user);
        log.items.push_back(tables.items.Intern(line.substr(begin, end - begin)));
      }
      begin = end + 1;
    }
  }
  return log;
}

}  // namespace

void Import(const ImportOptions& options, const std::string& output) {
  IdTables tables;
  InteractionLog train = ReadLists(options.train, tables);
  InteractionLog valid = ReadLists(options.valid, tables);
  InteractionLog test = ReadLists(options.test, tables);
  InteractionLog candidates;
  if (!options.candidates.empty()) candidates = ReadLists(options.candidates, tables);
  const auto users = Numbering::Of(tables.users, std::vector<std::uint8_t>(tables.users.size(), 1));
  const auto items = Numbering::Of(tables.items, std::vector<std::uint8_t>(tables.items.size(), 1));
  for (InteractionLog* log : {&train, &valid, &test, &candidates}) {
    users.Apply(log->users);
    items.Apply(log->items);
  }
  DatasetContents contents;
  contents.user_ids = Ids(users.ids);
  contents.item_ids = Ids(items.ids);
  contents.protocol = options.candidates.empty() ? Protocol::kFull : Protocol::kSampled;
  contents.train = ToInteractions(train, users.ids.size());
  contents.valid = ToInteractions(valid, users.ids.size());
  contents.test = ToInteractions(test, users.ids.size());
  contents.candidates = ToInteractions(candidates, users.ids.size());
  WriteDataset(contents, output);
}

}  // namespace derrd
