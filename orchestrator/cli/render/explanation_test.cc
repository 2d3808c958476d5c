#include "orchestrator/cli/render/explanation.h"

#include "gtest/gtest.h"
#include "orchestrator/cli/testing/text_proto.h"

namespace stagecoach {
namespace {

TEST(ExplanationTest, SaysOfEachStepWhyItHitOrMissed) {
  const auto explanation = FromText<v1::ExplainRunResponse>(R"pb(
    steps {
      step: "load"
      lookup { outcome: CACHE_OUTCOME_HIT run_id: "a-1" step: "load" }
    }
    steps {
      step: "prepare"
      lookup {
        outcome: CACHE_OUTCOME_INVALID
        reason: "its output X_train is gone"
      }
    }
    steps {
      step: "train"
      lookup { outcome: CACHE_OUTCOME_MISS }
      nearest: "a-1/train"
      differences { part: "parameter.epochs" here: "200" nearest: "100" }
      differences {
        part: "input.X_train"
        here: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
      }
    }
    steps {
      step: "forecast"
      lookup { outcome: CACHE_OUTCOME_MISS }
    })pb");
  EXPECT_EQ(RenderExplanation(explanation, {}),
            "STEP      CACHE    WHY\n"
            "load      hit      taken over from a-1/load\n"
            "prepare   invalid  its output X_train is gone\n"
            "train     miss     no equal step has been done\n"
            "forecast  miss     no earlier step of this stage\n"
            "\n"
            "train, beside the nearest, a-1/train\n"
            "  DIFFERS           HERE          THERE\n"
            "  parameter.epochs  200           100\n"
            "  input.X_train     aaaaaaaaaaaa  -\n");
}

}  // namespace
}  // namespace stagecoach
