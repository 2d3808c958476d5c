# Installs the build folder BUILD into the folder PREFIX and starts every
# program from there, so that a library that is not found shows up here.

file(REMOVE_RECURSE "${PREFIX}")
execute_process(
  COMMAND "${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${PREFIX}"
  OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
foreach(program IN ITEMS stagecoach stagecoach-orchestrator stagecoach-load
                         stagecoach-prepare stagecoach-train
                         stagecoach-forecast)
  execute_process(
    COMMAND "${PREFIX}/bin/${program}" --version
    COMMAND_ERROR_IS_FATAL ANY)
endforeach()
foreach(file IN ITEMS data/airline-passengers.csv pipelines/airline.yaml
                      proto/stagecoach/v1/orchestrator.proto)
  if(NOT EXISTS "${PREFIX}/share/stagecoach/${file}")
    message(FATAL_ERROR "share/stagecoach/${file} is not installed")
  endif()
endforeach()
file(REMOVE_RECURSE "${PREFIX}")
