#include "derrd/report/html.h"

#include <vector>

namespace derrd {
namespace {

std::string Row(const Table& table, const std::vector<std::string>& cells, std::string_view tag) {
  std::string text = "<tr>";
  for (std::size_t c = 0; c < cells.size(); ++c) {
    const bool number = table.aligns()[c] == Table::Align::kRight;
    text.append("<").append(tag).append(number ? " class=\"number\">" : ">");
    text.append(EscapedHtml(cells[c])).append("</").append(tag).append(">");
  }
  return text + "</tr>\n";
}

}  // namespace

std::string EscapedHtml(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string ToHtml(const Table& table) {
  std::string text = "<table>\n<thead>" + Row(table, table.titles(), "th") + "</thead>\n<tbody>\n";
  for (const std::vector<std::string>& row : table.rows()) text += Row(table, row, "td");
  return text + "</tbody>\n</table>\n";
}

}  // namespace derrd
