# Installs a build, moves the installation elsewhere, and builds and runs examples/embed against it:
#   cmake -DBUILD=… -DEXAMPLE=… -DWORK=… -DGENERATOR=… -DCOMPILER=… -DBUILD_TYPE=… -DSANITIZE=… -P …
# A static library built with sanitizers can only be linked with them, so the example gets the same.
function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    string(JOIN " " command ${ARGN})
    message(FATAL_ERROR "${command}\nended with ${result}:\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

function(expect pattern)
  if(NOT output MATCHES "${pattern}")
    message(FATAL_ERROR "expected ${pattern}, found:\n${output}")
  endif()
endfunction()

file(REMOVE_RECURSE ${WORK})
run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/installed)
file(RENAME ${WORK}/installed ${WORK}/moved)

run(${WORK}/moved/bin/derrd --version)
expect("^[0-9]+\\.[0-9]+\\.[0-9]+\n$")

file(GLOB_RECURSE unwanted ${WORK}/moved/include/*-inl.h ${WORK}/moved/include/test_*.h)
if(unwanted)
  message(FATAL_ERROR "installed although internal: ${unwanted}")
endif()

set(flags "")
if(SANITIZE)
  set(flags -fsanitize=${SANITIZE})
endif()
run(${CMAKE_COMMAND} -S ${EXAMPLE} -B ${WORK}/build -G ${GENERATOR} -DCMAKE_CXX_COMPILER=${COMPILER}
    -DCMAKE_BUILD_TYPE=${BUILD_TYPE} -DCMAKE_CXX_FLAGS=${flags} -DCMAKE_PREFIX_PATH=${WORK}/moved
    -DCMAKE_FIND_PACKAGE_NO_PACKAGE_REGISTRY=ON)
run(${CMAKE_COMMAND} --build ${WORK}/build)

# Forty users of two groups, each of which likes items of its own.
set(csv "user,item\n")
foreach(user RANGE 39)
  foreach(step RANGE 7)
    math(EXPR item "2 * ((${user} * 3 + ${step} * 5) % 25) + ${user} % 2")
    string(APPEND csv "user-${user},item-${item}\n")
  endforeach()
endforeach()
file(WRITE ${WORK}/likes.csv ${csv})
run(${WORK}/build/embed ${WORK}/likes.csv user-7)
set(line "user-7\titem-[0-9]+\t-?[0-9.]+\n")
expect("${line}${line}${line}$")
