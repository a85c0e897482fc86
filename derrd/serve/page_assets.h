// The page at "/" and the description of the API. Written at configure time from page/ and
// openapi.json (cmake/page_assets.cmake).
#ifndef DERRD_SERVE_PAGE_ASSETS_H_
#define DERRD_SERVE_PAGE_ASSETS_H_

#include <string_view>

namespace derrd::serve {

extern const std::string_view kPageHtml;     // page/page.html
extern const std::string_view kPageStyle;    // page/page.css
extern const std::string_view kPageScript;   // page/page.js
extern const std::string_view kDescription;  // openapi.json

}  // namespace derrd::serve

#endif  // DERRD_SERVE_PAGE_ASSETS_H_
