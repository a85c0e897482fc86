# What the option DERRD_UNITY does to a target: its sources are compiled together, after the headers that nearly
# all of them need, which are read once for all.
set(derrd_common_headers
  <fmt/format.h> <nlohmann/json.hpp> <algorithm> <filesystem> <functional> <map> <memory> <optional> <span> <string>
  <vector>)

# derrd_unity(TARGET [HEADER... | REUSE_FROM TARGET]): headers beside the common ones, or those of another target
# that is compiled with the same options.
function(derrd_unity target)
  if(NOT DERRD_UNITY)
    return()
  endif()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON)
  if("REUSE_FROM" IN_LIST ARGN)
    target_precompile_headers(${target} ${ARGN})
  else()
    target_precompile_headers(${target} PRIVATE ${derrd_common_headers} ${ARGN})
  endif()
endfunction()
