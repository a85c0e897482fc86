// Text tables that read well on a terminal and paste into Markdown.
#ifndef DERRD_REPORT_TABLE_H_
#define DERRD_REPORT_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace derrd {

// | model   |   HR@5 |
// | :------ | -----: |
// | student | 0.4794 |
class Table {
 public:
  enum class Align { kLeft, kRight };  // words to the left, numbers to the right

  void AddColumn(std::string title, Align align = Align::kRight);
  // One cell a column; every row has all the cells that there are columns.
  void AddRow(std::vector<std::string> cells);

  std::size_t columns() const { return titles_.size(); }
  const std::vector<std::string>& titles() const { return titles_; }
  const std::vector<Align>& aligns() const { return aligns_; }
  const std::vector<std::vector<std::string>>& rows() const { return rows_; }
  // Lines, each ending in a newline. A '|' in a cell is escaped, a line break becomes a space.
  std::string ToMarkdown() const;

 private:
  std::vector<std::string> titles_;
  std::vector<Align> aligns_;
  std::vector<std::vector<std::string>> rows_;
};

std::string WithThousands(std::uint64_t count);  // "1,234,567"
std::string HumanBytes(std::uint64_t bytes);     // "512 B", "1.9 MiB"
std::string Percent(double share);               // 0.9312 -> "93.1 %"

}  // namespace derrd

#endif  // DERRD_REPORT_TABLE_H_
