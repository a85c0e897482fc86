# What reports carry inside them, as one source: the style and the script of derrd/report/page, and
# Chart.js. Written again when one of them changes.
find_file(DERRD_CHART_JS chart.min.js PATHS /usr/share/javascript/chart.js NO_DEFAULT_PATH REQUIRED)

set(page_assets ${PROJECT_BINARY_DIR}/generated/page_assets.cc)
set(page ${PROJECT_SOURCE_DIR}/derrd/report/page)
set(text "// Written by cmake/page_assets.cmake.\n#include \"derrd/report/page_assets.h\"\n\nnamespace derrd {\n\n")
foreach(asset IN ITEMS ChartLibrary:${DERRD_CHART_JS} PageStyle:${page}/page.css
                       PageScript:${page}/page.js PageIntroduction:${page}/introduction.html)
  string(REGEX MATCH "^([A-Za-z]+):(.*)$" match ${asset})
  set(name ${CMAKE_MATCH_1})
  set(path ${CMAKE_MATCH_2})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
  # As numbers: what a text literal may hold, and how much, has limits.
  file(READ ${path} bytes HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${bytes}")
  string(APPEND text "static constexpr char kBytesOf${name}[] = {${bytes}};\n"
                     "const std::string_view k${name}(kBytesOf${name}, sizeof(kBytesOf${name}));\n\n")
endforeach()
string(APPEND text "}  // namespace derrd\n")
file(CONFIGURE OUTPUT ${page_assets} CONTENT "${text}" @ONLY)
