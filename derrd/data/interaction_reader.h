// Files of interactions into an InteractionLog, at the speed of memory rather than of a parser.
#ifndef DERRD_DATA_INTERACTION_READER_H_
#define DERRD_DATA_INTERACTION_READER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "derrd/data/id_table.h"
#include "derrd/data/interaction_log.h"
#include "derrd/data/layout.h"
#include "derrd/data/record_reader.h"

namespace derrd {

// What was found in a file.
struct FileSummary {
  std::string path;
  std::string layout;              // in words
  std::uint64_t lines = 0;         // with header and blank lines
  std::uint64_t interactions = 0;  // a pair of user and item each
  std::uint64_t empty_lists = 0;   // users of adjacency lists without an item
};

// Reads files one after another. Whatever cannot be read is an Error that names the file and the
// line: a field too few, an empty or ill-encoded id, a rating or time that is no finite number. Not
// for several threads.
class InteractionReader {
 public:
  // With `need_rating` the rating column is read, and must be there; otherwise it is read only when
  // the options name it. The time column is read whenever there is one. `tables` must outlive this
  // object.
  InteractionReader(ReadOptions options, bool need_rating, IdTables& tables,
                    ProgressCallback progress = nullptr);

  // Appends the file's interactions to `log`.
  FileSummary Read(const std::string& path, InteractionLog& log);

 private:
  void ReadColumns(RecordReader& records, const Layout& layout, InteractionLog& log);
  void ReadLists(RecordReader& records, const Layout& layout, InteractionLog& log,
                 FileSummary& summary);
  void CheckColumns(const std::string& path, const Layout& layout, const InteractionLog& log) const;

  ReadOptions options_;
  bool need_rating_;
  IdTables& tables_;
  ProgressCallback progress_;
  std::vector<std::string_view> fields_;
  std::uint64_t list_lines_ = 0;  // numbers the users of counted lists, over all files
};

}  // namespace derrd

#endif  // DERRD_DATA_INTERACTION_READER_H_
