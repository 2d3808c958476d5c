# All presets but dev compile a library's files eight at a time
# (CMAKE_UNITY_BUILD), which halves what the first build takes. Files that have a
# name in their unnamed namespace which another of the folder has too are compiled
# by themselves: one of each two stands here.
set(STAGECOACH_APART
  orchestrator/cli/render/catalog.cc
  orchestrator/cli/render/comparison.cc
  orchestrator/cli/render/curves.cc
  orchestrator/cli/render/progress.cc
  orchestrator/cli/render/table.cc
  orchestrator/cli/render/text.cc
  orchestrator/cli/server_choice.cc
  orchestrator/cli/verbs/upload.cc
  orchestrator/export/otlp.cc
  orchestrator/store/postgres_connection.cc
  orchestrator/store/postgres_pool.cc
  orchestrator/store/postgres_run_writer.cc
  orchestrator/store/postgres_schema.cc
  services/common/artifact/safetensors_header.cc
  services/common/base/nearest_name.cc
  services/common/model/lstm.cc
  services/common/scaling/scaler_json.cc)

# stagecoach_keep_apart(a.cc…): of the current folder.
function(stagecoach_keep_apart)
  file(RELATIVE_PATH folder "${PROJECT_SOURCE_DIR}"
       "${CMAKE_CURRENT_SOURCE_DIR}")
  foreach(source IN LISTS ARGN)
    if("${folder}/${source}" IN_LIST STAGECOACH_APART)
      set_source_files_properties("${source}"
        PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
    endif()
  endforeach()
endfunction()
