// Reads a pipeline from YAML. Pure: no I/O.
//
//   apiVersion: stagecoach/v1
//   kind: Pipeline
//   metadata:
//     name: airline
//     documentation: Forecasts the passengers of the next month.
//   spec:
//     timeout: 1h
//     parameters:
//       - {name: lookback, type: integer, default: 4, minimum: 1}
//     inputs:
//       - {name: source, type: table}
//     steps:
//       - name: load
//         stage: load
//         parameters: {lookback: "${parameters.lookback}", proportion: 0.7}
//         inputs: {source: inputs.source}
//         timeout: 10m
//         queueTimeout: 1m
//         retry: {maxAttempts: 3, backoff: 1s, maxBackoff: 1m}
//     outputs:
//       - {name: forecast, from: steps.load.forecast}
//
// Types of parameters: integer, number, string, boolean, integer-or-string,
// string-list. Types of inputs: table, tensor, weights, report, text, file. A
// quoted scalar is text, whatever it looks like, and so is each scalar in a
// list (`[Passengers, 1949]`). Durations are as `1h30m` or `250ms`.

#ifndef ORCHESTRATOR_PIPELINE_PARSE_H_
#define ORCHESTRATOR_PIPELINE_PARSE_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "orchestrator/pipeline/source_lines.h"
#include "stagecoach/v1/pipeline.pb.h"

namespace stagecoach {

struct ParsedPipeline {
  // With its digest, without a version. Each step stands after those that it
  // refers to; otherwise in the order of the file.
  v1::Pipeline pipeline;
  SourceLines lines;
};

// `file_name` is only for messages.
//
// INVALID_ARGUMENT: every problem found, in the order of lines, one a line:
//   airline.yaml:12: spec.steps.train.stge: unknown field; did you mean
//   "stage"?
// The text may have at most 1 MiB, no aliases, and nesting of at most 16.
// Whether stages, their parameters, inputs and outputs exist is not looked at:
// see validate.h.
absl::StatusOr<ParsedPipeline> ParsePipelineWithLines(
    absl::string_view yaml, absl::string_view file_name);

// The same, without the lines.
absl::StatusOr<v1::Pipeline> ParsePipeline(absl::string_view yaml,
                                           absl::string_view file_name);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_PIPELINE_PARSE_H_
