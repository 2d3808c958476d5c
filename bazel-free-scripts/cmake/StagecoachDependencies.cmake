# Everything Stagecoach is built on, found in one place.
#
# Order matters: protobuf and gRPC are found before Torch, because the Python
# wheel that libtorch comes out of once carried protobuf headers of its own.

find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(Protobuf REQUIRED)
find_package(gRPC CONFIG REQUIRED)
find_package(absl CONFIG REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED)
find_package(spdlog CONFIG REQUIRED)
find_package(nlohmann_json CONFIG REQUIRED)
find_package(yaml-cpp CONFIG REQUIRED)
find_package(PostgreSQL REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(CLI11 CONFIG REQUIRED)
find_package(FastFloat CONFIG REQUIRED)
find_package(ZLIB REQUIRED)
# Debian's package of CMake files for libzip wants its tools installed too.
find_library(STAGECOACH_ZIP_LIBRARY zip REQUIRED)
add_library(libzip::zip INTERFACE IMPORTED)
target_link_libraries(libzip::zip INTERFACE "${STAGECOACH_ZIP_LIBRARY}")
# It has no CMake package.
find_library(STAGECOACH_JEMALLOC_LIBRARY jemalloc REQUIRED)
add_library(jemalloc::jemalloc INTERFACE IMPORTED)
target_link_libraries(jemalloc::jemalloc
                      INTERFACE "${STAGECOACH_JEMALLOC_LIBRARY}")
if(STAGECOACH_BUILD_TESTS)
  find_package(GTest CONFIG REQUIRED)
endif()

include(StagecoachHttp)
include(StagecoachTorch)

if(STAGECOACH_LINK_ARCHIVES AND NOT STAGECOACH_SANITIZE)
  include(StagecoachArchives)
  stagecoach_link_archives()
endif()
