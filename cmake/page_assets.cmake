# What pages carry inside them, as sources: written again when one of the files changes.
#   embed_assets(<variable> HEADER <header> NAMESPACE <namespace> ASSETS <name>:<path>...)
# defines k<name> for each asset, as the header declares it, and puts the source's path in the variable.
function(embed_assets variable)
  cmake_parse_arguments(ARG "" "HEADER;NAMESPACE" "ASSETS" ${ARGN})
  set(text "// Written by cmake/page_assets.cmake.\n#include \"${ARG_HEADER}\"\n\nnamespace ${ARG_NAMESPACE} {\n\n")
  foreach(asset IN LISTS ARG_ASSETS)
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
  string(APPEND text "}  // namespace ${ARG_NAMESPACE}\n")
  set(source ${PROJECT_BINARY_DIR}/generated/${variable}.cc)
  file(CONFIGURE OUTPUT ${source} CONTENT "${text}" @ONLY)
  set(${variable} ${source} PARENT_SCOPE)
endfunction()

# Reports carry the style and the script of derrd/report/page, and Chart.js.
find_file(DERRD_CHART_JS chart.min.js PATHS /usr/share/javascript/chart.js NO_DEFAULT_PATH REQUIRED)
set(page ${PROJECT_SOURCE_DIR}/derrd/report/page)
embed_assets(report_assets HEADER derrd/report/page_assets.h NAMESPACE derrd ASSETS
  ChartLibrary:${DERRD_CHART_JS} PageStyle:${page}/page.css
  PageScript:${page}/page.js PageIntroduction:${page}/introduction.html)

# The server carries its page and the description of its API.
set(page ${PROJECT_SOURCE_DIR}/derrd/serve/page)
embed_assets(serve_assets HEADER derrd/serve/page_assets.h NAMESPACE derrd::serve ASSETS
  PageHtml:${page}/page.html PageStyle:${page}/page.css PageScript:${page}/page.js
  Description:${PROJECT_SOURCE_DIR}/derrd/serve/openapi.json)
