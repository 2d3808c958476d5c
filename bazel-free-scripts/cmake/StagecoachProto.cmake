# stagecoach_proto_library(NAME name PROTOS a.proto… [GRPC] DEPS target…)
#
# Generates C++ from the protos (paths relative to proto/) into the build
# folder; GRPC adds the service code. Generated code is compiled without our
# warnings, and file by file: the names in it are the same in each.
function(stagecoach_proto_library)
  cmake_parse_arguments(ARG "GRPC" "NAME" "PROTOS;DEPS" ${ARGN})
  set(out "${PROJECT_BINARY_DIR}/generated")
  file(MAKE_DIRECTORY "${out}")
  set(generated)
  foreach(proto IN LISTS ARG_PROTOS)
    string(REGEX REPLACE "\\.proto$" "" stem "${proto}")
    if(ARG_GRPC)
      set(files "${out}/${stem}.grpc.pb.cc" "${out}/${stem}.grpc.pb.h")
      set(flags "--grpc_out=${out}"
                "--plugin=protoc-gen-grpc=$<TARGET_FILE:gRPC::grpc_cpp_plugin>")
    else()
      set(files "${out}/${stem}.pb.cc" "${out}/${stem}.pb.h")
      set(flags "--cpp_out=${out}")
    endif()
    add_custom_command(
      OUTPUT ${files}
      COMMAND protobuf::protoc "-I${PROJECT_SOURCE_DIR}/proto" ${flags}
              "${proto}"
      DEPENDS "${PROJECT_SOURCE_DIR}/proto/${proto}"
      VERBATIM)
    list(APPEND generated ${files})
  endforeach()
  add_library(stagecoach_${ARG_NAME} STATIC ${generated})
  set_target_properties(stagecoach_${ARG_NAME} PROPERTIES UNITY_BUILD OFF)
  target_compile_features(stagecoach_${ARG_NAME} PUBLIC cxx_std_20)
  target_include_directories(stagecoach_${ARG_NAME} SYSTEM PUBLIC "${out}")
  target_link_libraries(stagecoach_${ARG_NAME} PUBLIC ${ARG_DEPS})
  # It sees only order that instrumented code makes, and gRPC's counters are in
  # generated code too.
  if(STAGECOACH_SANITIZE STREQUAL "thread")
    target_compile_options(stagecoach_${ARG_NAME} PRIVATE -fsanitize=thread)
  endif()
  add_library(stagecoach::${ARG_NAME} ALIAS stagecoach_${ARG_NAME})
endfunction()
