#include "orchestrator/engine/shared_pipelines.h"

#include <utility>

#include "gtest/gtest.h"
#include "orchestrator/engine/active_run.h"
#include "orchestrator/engine/test_runs.h"

namespace stagecoach {
namespace {

v1::Run RunWithDigest(const std::string& id, const std::string& digest) {
  v1::Pipeline pipeline = ChainPipeline();
  pipeline.set_digest(digest);
  return TestRun(pipeline, id);
}

ActiveRun Active(SharedPipelines& pipelines, const std::string& id,
                 const std::string& digest) {
  ActiveRun run = ActiveRun::Created(RunWithDigest(id, digest), "request");
  run.SharePipeline(pipelines);
  return run;
}

TEST(SharedPipelinesTest, RunsOfOneSpecificationHaveItOnce) {
  SharedPipelines pipelines;
  const ActiveRun a = Active(pipelines, "a", "d");
  const ActiveRun b = Active(pipelines, "b", "d");
  EXPECT_EQ(&a.run().pipeline(), &b.run().pipeline());
  EXPECT_EQ(a.run().pipeline().name(), "chain");
  EXPECT_EQ(pipelines.size(), 1u);
}

TEST(SharedPipelinesTest, ItLivesAsLongAsTheLastOfThem) {
  SharedPipelines pipelines;
  {
    const ActiveRun b = [&] {
      const ActiveRun a = Active(pipelines, "a", "d");
      return Active(pipelines, "b", "d");
    }();
    EXPECT_EQ(b.run().pipeline().name(), "chain");
  }
  EXPECT_EQ(pipelines.size(), 0u);
}

TEST(SharedPipelinesTest, WhatIsWrittenHasACopy) {
  SharedPipelines pipelines;
  RunWrite write;
  {
    ActiveRun run = Active(pipelines, "a", "d");
    write = run.TakeWrite(absl::UnixEpoch());
    EXPECT_EQ(run.run().pipeline().name(), "chain");
    run.TakeWrite(absl::UnixEpoch());
    EXPECT_EQ(run.run().pipeline().name(), "chain");
  }
  EXPECT_EQ(write.run.pipeline().name(), "chain");
}

TEST(SharedPipelinesTest, OtherVersionsAndThoseWithoutADigestAreTheirOwn) {
  SharedPipelines pipelines;
  const ActiveRun a = Active(pipelines, "a", "d");
  const ActiveRun b = Active(pipelines, "b", "e");
  const ActiveRun c = Active(pipelines, "c", "");
  const ActiveRun d = Active(pipelines, "d", "");
  EXPECT_NE(&a.run().pipeline(), &b.run().pipeline());
  EXPECT_NE(&c.run().pipeline(), &d.run().pipeline());
  EXPECT_EQ(d.run().pipeline().name(), "chain");
  EXPECT_EQ(pipelines.size(), 2u);
}

}  // namespace
}  // namespace stagecoach
