# gRPC, protobuf and Abseil are linked as archives where Debian has them: looking
# up the names of some fifty shared libraries takes a program longer than all
# else it does before it serves.

function(stagecoach_link_archives)
  get_property(targets DIRECTORY "${PROJECT_SOURCE_DIR}"
               PROPERTY IMPORTED_TARGETS)
  foreach(target IN LISTS targets)
    if(NOT target MATCHES "^(absl|gRPC|protobuf|c-ares)::")
      continue()
    endif()
    get_target_property(type ${target} TYPE)
    if(NOT type MATCHES "SHARED|UNKNOWN")
      continue()
    endif()
    foreach(kind "" _NONE _RELEASE)
      get_target_property(library ${target} IMPORTED_LOCATION${kind})
      string(REGEX REPLACE "\\.so[.0-9]*$" ".a" archive "${library}")
      if(library AND EXISTS "${archive}")
        set_target_properties(${target} PROPERTIES
          IMPORTED_LOCATION${kind} "${archive}")
      endif()
    endforeach()
  endforeach()
endfunction()
