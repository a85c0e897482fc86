// What every page carries inside it. Written at configure time from page/ and from Chart.js
// (cmake/page_assets.cmake).
#ifndef DERRD_REPORT_PAGE_ASSETS_H_
#define DERRD_REPORT_PAGE_ASSETS_H_

#include <string_view>

namespace derrd {

extern const std::string_view kChartLibrary;      // Chart.js (https://www.chartjs.org, MIT)
extern const std::string_view kPageStyle;         // page/page.css
extern const std::string_view kPageScript;        // page/page.js
extern const std::string_view kPageIntroduction;  // page/introduction.html

}  // namespace derrd

#endif  // DERRD_REPORT_PAGE_ASSETS_H_
