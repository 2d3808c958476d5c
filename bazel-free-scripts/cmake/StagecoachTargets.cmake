# stagecoach_library, stagecoach_binary and stagecoach_test: CMake files read
# like lists. Warnings, sanitizers and the C++ standard come from one INTERFACE
# target, never from global flags.

add_library(stagecoach_build_options INTERFACE)
target_compile_features(stagecoach_build_options INTERFACE cxx_std_20)
target_include_directories(stagecoach_build_options
                           INTERFACE "${PROJECT_SOURCE_DIR}")
target_compile_options(stagecoach_build_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor
  -Woverloaded-virtual -Wno-unused-parameter
  $<$<BOOL:${STAGECOACH_WERROR}>:-Werror>
  # GCC 12 takes `"text" + string` for an overlapping copy when it optimises:
  # https://gcc.gnu.org/bugzilla/show_bug.cgi?id=105651
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<CONFIG:Release>>:-Wno-restrict>
  # GCC takes each file of a unity build for a header.
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<BOOL:${CMAKE_UNITY_BUILD}>>:-Wno-subobject-linkage>
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety -Werror=thread-safety>)
# BuildId() in base/version.h reads it.
target_link_options(stagecoach_build_options INTERFACE LINKER:--build-id)
if(STAGECOACH_SANITIZE)
  target_compile_options(stagecoach_build_options INTERFACE
    -fsanitize=${STAGECOACH_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  target_link_options(stagecoach_build_options INTERFACE
    -fsanitize=${STAGECOACH_SANITIZE})
endif()

# Seconds that a test may take.
set(STAGECOACH_TEST_TIMEOUT 120)
if(STAGECOACH_SANITIZE)
  set(STAGECOACH_TEST_TIMEOUT 600)
endif()

# Tests are run once and compiled often: quick to compile beats quick to run.
add_library(stagecoach_test_options INTERFACE)
target_compile_options(stagecoach_test_options INTERFACE
  $<$<CONFIG:Release>:-O0>)

include(StagecoachUnity)

# Every installed program; what a user needs who does not run the tests.
add_custom_target(programs)

# stagecoach_library(NAME name SRCS a.cc… HDRS a.h… DEPS target… [TESTONLY])
#
# Adds library stagecoach_<name> with alias stagecoach::<name>.
function(stagecoach_library)
  cmake_parse_arguments(ARG "TESTONLY" "NAME" "SRCS;HDRS;DEPS" ${ARGN})
  if(ARG_TESTONLY AND NOT STAGECOACH_BUILD_TESTS)
    return()
  endif()
  set(target stagecoach_${ARG_NAME})
  if(ARG_SRCS)
    stagecoach_keep_apart(${ARG_SRCS})
    add_library(${target} STATIC ${ARG_SRCS} ${ARG_HDRS})
    target_link_libraries(${target} PUBLIC stagecoach_build_options
                          ${ARG_DEPS})
  else()
    add_library(${target} INTERFACE ${ARG_HDRS})
    target_link_libraries(${target} INTERFACE stagecoach_build_options
                          ${ARG_DEPS})
  endif()
  if(ARG_TESTONLY AND ARG_SRCS)
    target_link_libraries(${target} PRIVATE stagecoach_test_options)
  endif()
  add_library(stagecoach::${ARG_NAME} ALIAS ${target})
endfunction()

# stagecoach_binary(NAME name SRCS main.cc… DEPS target… [TESTONLY])
#
# Adds a program; all programs stand together in <build>/bin, and are installed
# unless TESTONLY. Their memory comes from jemalloc, which gives back what another
# thread was given at half of what the C library takes: calls and their messages
# begin on one thread and end on another. A sanitizer has an allocator of its own.
function(stagecoach_binary)
  cmake_parse_arguments(ARG "TESTONLY" "NAME" "SRCS;DEPS" ${ARGN})
  if(ARG_TESTONLY AND NOT STAGECOACH_BUILD_TESTS)
    return()
  endif()
  add_executable(${ARG_NAME} ${ARG_SRCS})
  target_link_libraries(${ARG_NAME} PRIVATE stagecoach_build_options
                        ${ARG_DEPS})
  if(NOT STAGECOACH_SANITIZE)
    target_link_libraries(${ARG_NAME} PRIVATE jemalloc::jemalloc)
  endif()
  set_target_properties(${ARG_NAME} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
  if(NOT ARG_TESTONLY)
    add_dependencies(programs ${ARG_NAME})
    set_target_properties(${ARG_NAME} PROPERTIES
      INSTALL_RPATH "$ORIGIN/../${STAGECOACH_PRIVATE_LIBDIR}")
    install(TARGETS ${ARG_NAME} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  endif()
endfunction()

# stagecoach_test(NAME name_test SRCS name_test.cc… DEPS target…
#                 [LABEL unit|integration] [ONE_PROCESS])
#
# One test binary per _test.cc. Unit tests are the default label. They run in
# one process for each binary, as those of ONE_PROCESS do, which share what is
# dear to start: it takes half the time of a process for each test. A
# report of GoogleTest beside ctest's tells of each test (count_tests.py).
function(stagecoach_test)
  cmake_parse_arguments(ARG "ONE_PROCESS" "NAME;LABEL" "SRCS;DEPS" ${ARGN})
  if(NOT STAGECOACH_BUILD_TESTS)
    return()
  endif()
  if(NOT ARG_LABEL)
    set(ARG_LABEL unit)
  endif()
  add_executable(${ARG_NAME} ${ARG_SRCS})
  target_link_libraries(${ARG_NAME} PRIVATE stagecoach_build_options
                        stagecoach_test_options ${ARG_DEPS} GTest::gmock
                        GTest::gtest_main)
  if(ARG_ONE_PROCESS OR ARG_LABEL STREQUAL "unit")
    add_test(NAME ${ARG_NAME} COMMAND ${ARG_NAME})
    set(report "${PROJECT_BINARY_DIR}/reports/programs/${ARG_NAME}.xml")
    set_tests_properties(${ARG_NAME} PROPERTIES
      LABELS ${ARG_LABEL} TIMEOUT ${STAGECOACH_TEST_TIMEOUT}
      ENVIRONMENT "GTEST_OUTPUT=xml:${report}")
    return()
  endif()
  gtest_discover_tests(${ARG_NAME}
    DISCOVERY_MODE PRE_TEST
    PROPERTIES LABELS ${ARG_LABEL} TIMEOUT ${STAGECOACH_TEST_TIMEOUT})
endfunction()
