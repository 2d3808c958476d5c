// The pipeline that tests of faults run.

#ifndef TESTS_FAULT_DIAMOND_H_
#define TESTS_FAULT_DIAMOND_H_

namespace stagecoach {

// Two steps at once, one of which is tried twice, and one that needs both and
// takes `sleep` seconds.
inline constexpr char kDiamond[] = R"(
apiVersion: stagecoach/v1
kind: Pipeline
metadata: {name: diamond}
spec:
  parameters:
    - {name: sleep, type: number, default: 0}
  steps:
    - {name: left, stage: recorder, parameters: {word: l}}
    - name: right
      stage: recorder
      parameters: {word: r, fail_attempts: 1}
      retry: {backoff: 1ms}
    - name: join
      stage: recorder
      parameters: {word: j, sleep: "${parameters.sleep}"}
      inputs: {first: steps.left.text, second: steps.right.text}
  outputs:
    - {name: text, from: steps.join.text}
)";

// What its output `text` is.
inline constexpr char kDiamondText[] = "j(l(,),r(,))";

}  // namespace stagecoach

#endif  // TESTS_FAULT_DIAMOND_H_
