# The only place that knows where libtorch is.
#
# bazel-free-scripts/setup.sh unpacks it into third_party/libtorch;
# -DTorch_DIR or -DCMAKE_PREFIX_PATH name another one. The target is
# stagecoach::torch: headers as SYSTEM, so that their warnings are not ours.

list(APPEND CMAKE_PREFIX_PATH
     "${PROJECT_SOURCE_DIR}/third_party/libtorch/torch")
find_package(Torch REQUIRED)

# Torch's own package file writes into CMAKE_CXX_FLAGS; targets take what they
# need from TORCH_CXX_FLAGS instead.
add_library(stagecoach_torch INTERFACE)
add_library(stagecoach::torch ALIAS stagecoach_torch)
target_include_directories(stagecoach_torch SYSTEM INTERFACE
                           ${TORCH_INCLUDE_DIRS})
target_link_libraries(stagecoach_torch INTERFACE ${TORCH_LIBRARIES})

# Installed with the programs, so that they start wherever they are put.
foreach(library IN ITEMS libtorch.so libtorch_cpu.so libc10.so libgomp.so.1)
  if(EXISTS "${TORCH_INSTALL_PREFIX}/lib/${library}")
    install(FILES "${TORCH_INSTALL_PREFIX}/lib/${library}"
            DESTINATION "${STAGECOACH_PRIVATE_LIBDIR}")
  endif()
endforeach()
