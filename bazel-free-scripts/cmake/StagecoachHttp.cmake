# cpp-httplib as Debian builds it: a shared library without a CMake package. The
# definitions are those of its cpp-httplib.pc; without them the classes have
# another layout than in the library.

find_path(STAGECOACH_HTTPLIB_INCLUDE_DIR httplib.h REQUIRED)
find_library(STAGECOACH_HTTPLIB_LIBRARY cpp-httplib REQUIRED)
mark_as_advanced(STAGECOACH_HTTPLIB_INCLUDE_DIR STAGECOACH_HTTPLIB_LIBRARY)

add_library(stagecoach_httplib INTERFACE)
add_library(stagecoach::httplib ALIAS stagecoach_httplib)
target_include_directories(stagecoach_httplib SYSTEM INTERFACE
                           ${STAGECOACH_HTTPLIB_INCLUDE_DIR})
target_compile_definitions(stagecoach_httplib INTERFACE
  CPPHTTPLIB_OPENSSL_SUPPORT CPPHTTPLIB_ZLIB_SUPPORT
  CPPHTTPLIB_BROTLI_SUPPORT)
target_link_libraries(stagecoach_httplib INTERFACE
  ${STAGECOACH_HTTPLIB_LIBRARY} OpenSSL::SSL OpenSSL::Crypto Threads::Threads)

# libmicrohttpd, which has no CMake package either.
find_path(STAGECOACH_MICROHTTPD_INCLUDE_DIR microhttpd.h REQUIRED)
find_library(STAGECOACH_MICROHTTPD_LIBRARY microhttpd REQUIRED)
mark_as_advanced(STAGECOACH_MICROHTTPD_INCLUDE_DIR
                 STAGECOACH_MICROHTTPD_LIBRARY)

add_library(stagecoach_microhttpd INTERFACE)
add_library(stagecoach::microhttpd ALIAS stagecoach_microhttpd)
target_include_directories(stagecoach_microhttpd SYSTEM INTERFACE
                           ${STAGECOACH_MICROHTTPD_INCLUDE_DIR})
target_link_libraries(stagecoach_microhttpd INTERFACE
                      ${STAGECOACH_MICROHTTPD_LIBRARY} Threads::Threads)
