// Text and tables as HTML.
#ifndef DERRD_REPORT_HTML_H_
#define DERRD_REPORT_HTML_H_

#include <string>
#include <string_view>

#include "derrd/report/table.h"

namespace derrd {

// With &, <, >, " and ' as entities: safe as text and within quoted attributes.
std::string EscapedHtml(std::string_view text);

// <table> with a <thead>; numbers have the class "number".
std::string ToHtml(const Table& table);

}  // namespace derrd

#endif  // DERRD_REPORT_HTML_H_
