# The one table of the house: which module stands on which floor, and what it needs from outside.
#
# A module includes only modules of lower floors (and itself), and never another's detail/. The table builds the
# libraries, one static library a module linked to all lower floors, and it is written to floors.txt, which the
# include test reads to check every #include of the tree. A module is the folder src/<name>.
#
#   name   floor   libraries from outside
set(understudy_floors
  "base       0    OpenSSL::Crypto"
  "keyspace   1    "
  "resp       1    "
  "rdb        1    "
  "http       1    "
  "stats      1    "
  "model      2    Boost::json"
  "discover   2    Boost::url,pugixml::pugixml,ZLIB::ZLIB"
  "net        3    Boost::url,OpenSSL::SSL"
  "store      3    SQLite::SQLite3"
  "database   3    PkgConfig::libpq,PkgConfig::libmariadb"
  "exec       3    "
  "measure    4    "
  "diff       4    "
  "apply      4    "
  "report     4    "
  "snapshot   5    "
  "purge      6    "
  "sync       6    "
  "rehearse   7    "
  "cli        9    ")

# What nearly every file reads, parsed once: two thirds of the build's time otherwise. Headers are still held to compile
# alone (tests/tree/headers.py), without these.
function(understudy_precompiled name)
  file(WRITE ${CMAKE_BINARY_DIR}/precompiled.cpp "")
  add_library(${name} OBJECT ${CMAKE_BINARY_DIR}/precompiled.cpp)
  target_link_libraries(${name} PRIVATE understudy_options ${ARGN})
  target_precompile_headers(${name} PRIVATE <algorithm> <chrono> <cstdint> <expected> <filesystem> <functional> <map>
    <memory> <optional> <set> <span> <string> <string_view> <unordered_map> <unordered_set> <variant> <vector>
    <fmt/format.h>)
endfunction()
understudy_precompiled(precompiled)
if(UNDERSTUDY_TESTS)
  understudy_precompiled(precompiled_test GTest::gtest GTest::gmock)
  target_precompile_headers(precompiled_test PRIVATE <gtest/gtest.h> <gmock/gmock.h>)
endif()

set(floors_text "")
set(understudy_all_sources "")

# Builds what src/<name> holds: the library, one test program of all its *_test.cpp, a fuzzer for each *_fuzz.cpp.
function(understudy_module name floor libraries lower)
  set(folder ${CMAKE_SOURCE_DIR}/src/${name})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${folder}/*.cpp)
  set(tests ${sources})
  set(fuzzers ${sources})
  list(FILTER sources EXCLUDE REGEX "_(test|fuzz|bench)\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  list(FILTER fuzzers INCLUDE REGEX "_fuzz\\.cpp$")
  if(sources)
    add_library(u_${name} STATIC ${sources})
    target_link_libraries(u_${name} PUBLIC understudy_options ${lower} ${libraries})
    target_precompile_headers(u_${name} REUSE_FROM precompiled)
  else()
    add_library(u_${name} INTERFACE)
    target_link_libraries(u_${name} INTERFACE understudy_options ${lower} ${libraries})
  endif()
  if(UNDERSTUDY_TESTS AND tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE u_${name} GTest::gtest GTest::gmock GTest::gtest_main)
    target_precompile_headers(${name}_test REUSE_FROM precompiled_test)
    target_compile_definitions(${name}_test PRIVATE UNDERSTUDY_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    add_test(NAME ${name} COMMAND ${name}_test --gtest_brief=1)
    set_tests_properties(${name} PROPERTIES TIMEOUT 300)
  endif()
  if(UNDERSTUDY_FUZZ)
    foreach(file ${fuzzers})
      get_filename_component(target ${file} NAME_WE)
      add_executable(${target} ${file})
      target_link_libraries(${target} PRIVATE u_${name})
      target_compile_definitions(${target} PRIVATE UNDERSTUDY_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
      target_link_options(${target} PRIVATE -fsanitize=fuzzer)
    endforeach()
  endif()
endfunction()

set(previous_floor -1)
set(lower "")
set(same "")
foreach(row ${understudy_floors})
  string(REGEX MATCH "^([a-z_]+) +([0-9]+) +(.*)$" ignored "${row}")
  set(name ${CMAKE_MATCH_1})
  set(floor ${CMAKE_MATCH_2})
  string(REPLACE "," ";" libraries "${CMAKE_MATCH_3}")
  if(NOT floor EQUAL previous_floor)
    list(PREPEND lower ${same})
    set(same "")
    set(previous_floor ${floor})
  endif()
  if(IS_DIRECTORY ${CMAKE_SOURCE_DIR}/src/${name})
    understudy_module(${name} ${floor} "${libraries}" "${lower}")
    list(PREPEND same u_${name})
    string(APPEND floors_text "${name} ${floor}\n")
  endif()
endforeach()
file(WRITE ${CMAKE_BINARY_DIR}/floors.txt "${floors_text}")

if(TARGET u_cli AND NOT UNDERSTUDY_FUZZ)
  add_executable(understudy ${CMAKE_SOURCE_DIR}/src/main.cpp)
  target_link_libraries(understudy PRIVATE u_cli)
endif()
if(UNDERSTUDY_TESTS)
  add_subdirectory(tests)
endif()
if(UNDERSTUDY_BENCH AND EXISTS ${CMAKE_SOURCE_DIR}/bench/CMakeLists.txt)
  add_subdirectory(bench)
endif()
