// A volume that stops answering, as the mount of a file server that is gone
// does, in the middle of a run: a real file system, by FUSE.

#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <optional>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "grpcpp/channel.h"
#include "gtest/gtest.h"
#include "services/common/base/status_matchers.h"
#include "services/common/rpc/channel.h"
#include "stagecoach/v1/stage.grpc.pb.h"
#include "tests/fault/diamond.h"
#include "tests/fault/promises.h"
#include "tests/testing/cluster.h"
#include "tests/testing/mount_namespace.h"

namespace stagecoach {
namespace {

using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;
using testing::HasSubstr;

// A run that needs a file of the volume before it can be created.
constexpr char kReader[] = R"(
apiVersion: stagecoach/v1
kind: Pipeline
metadata: {name: reader}
spec:
  inputs:
    - {name: source, type: text, default: "pvc://artifacts/data/source.txt"}
  steps:
    - name: read
      stage: recorder
      parameters: {word: w}
      inputs: {first: inputs.source}
)";
// As many as the API has threads, and more.
constexpr int kCreators = 12;
// What nobody should wait for longer who does not need the volume.
const absl::Duration kQuick = absl::Seconds(2) * Slowness();

// So many callers that create a run at once.
class Creators {
 public:
  Creators(TestCluster& cluster, const v1::RunRequest& request) {
    for (absl::StatusOr<v1::Run>& result : created_) {
      threads_.emplace_back(
          [&cluster, &result, request] { result = cluster.Create(request); });
    }
  }
  ~Creators() { Await(); }

  // What each was answered, once all were.
  const std::vector<absl::StatusOr<v1::Run>>& Await() {
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
    return created_;
  }

 private:
  std::vector<absl::StatusOr<v1::Run>> created_ =
      std::vector<absl::StatusOr<v1::Run>>(kCreators,
                                           absl::UnknownError("not yet"));
  std::vector<std::thread> threads_;
};

bool AwaitFile(const std::string& folder, const std::string& name) {
  const int changes = inotify_init1(IN_CLOEXEC);
  inotify_add_watch(changes, folder.c_str(), IN_CREATE);
  const std::string path = absl::StrCat(folder, "/", name);
  pollfd waiting = {changes, POLLIN, 0};
  bool found = access(path.c_str(), F_OK) == 0;
  if (!found) {
    found = poll(&waiting, 1, 10'000) == 1 && access(path.c_str(), F_OK) == 0;
  }
  close(changes);
  return found;
}

bool AwaitInLog(const std::string& log, const std::string& words,
                absl::Duration limit) {
  const int changes = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  inotify_add_watch(changes, log.c_str(), IN_MODIFY);
  const absl::Time give_up = absl::Now() + limit;
  bool found = absl::StrContains(ReadWholeFile(log), words);
  while (!found && absl::Now() < give_up) {
    pollfd waiting = {changes, POLLIN, 0};
    poll(&waiting, 1, /*timeout=*/200);
    char events[4096];
    while (read(changes, events, sizeof(events)) > 0) {
    }
    found = absl::StrContains(ReadWholeFile(log), words);
  }
  close(changes);
  return found;
}

class HungVolumeTest : public testing::Test {
 protected:
  void SetUp() override {
    if (access("/dev/fuse", R_OK | W_OK) != 0) {
      GTEST_SKIP() << "there is no /dev/fuse that may be used here";
    }
    const absl::Status own = EnterMountNamespace();
    if (!own.ok()) GTEST_SKIP() << own;
    mkdir(backing().c_str(), 0755);
    absl::StatusOr<Process> files =
        Process::Start(ProgramPath("stagecoach-hanging-fs"),
                       {backing(), cluster_.volume()}, cluster_.log("files"));
    ASSERT_OK(files);
    files_ = *std::move(files);
    ASSERT_TRUE(AwaitFile(backing(), ".mounted"))
        << ReadWholeFile(cluster_.log("files"));
    cluster_.PutFile("data/source.txt", "s");
    ASSERT_OK(cluster_.Start(
        "recorder", {"--slots=4"},
        {absl::StrCat(kJournalVariable, "=", cluster_.folder(), "/journal")}));
    ASSERT_OK(cluster_.Start("orchestrator", {"--drain-timeout=5s"}));
    ASSERT_OK(cluster_.Apply(kDiamond));
    ASSERT_OK(cluster_.Apply(kReader));
  }

  void TearDown() override {
    if (!files_.has_value()) return;
    files_->Signal(SIGUSR2);
    Unmount(cluster_.volume());
  }

  std::string backing() const { return cluster_.folder() + "/backing"; }

  // From now on the volume answers nothing.
  void Hang() {
    files_->Signal(SIGUSR1);
    ASSERT_TRUE(AwaitFile(backing(), ".hung"));
  }

  static v1::RunRequest Request(const std::string& pipeline, double sleep = 0) {
    v1::RunRequest request;
    request.set_pipeline(pipeline);
    if (sleep > 0) {
      (*request.mutable_parameters())["sleep"].set_number_value(sleep);
    }
    return request;
  }

  // Whether a server's health comes to be that within `limit`.
  static bool AwaitHealth(const std::string& address,
                          HealthCheckResponse::ServingStatus wanted,
                          absl::Duration limit,
                          const std::string& service = "") {
    const auto stub =
        Health::NewStub(MakeChannel(address, {.own_connection = true}));
    grpc::ClientContext context;
    SetTimeout(context, limit);
    HealthCheckRequest request;
    request.set_service(service);
    const auto reader = stub->Watch(&context, request);
    HealthCheckResponse response;
    while (reader->Read(&response)) {
      if (response.status() != wanted) continue;
      context.TryCancel();
      reader->Finish();
      return true;
    }
    reader->Finish();
    return false;
  }

  static bool Describes(const std::string& address) {
    const auto stub = v1::StageService::NewStub(
        MakeChannel(address, {.own_connection = true}));
    grpc::ClientContext context;
    SetTimeout(context, kQuick);
    v1::DescribeResponse response;
    return stub->Describe(&context, v1::DescribeRequest(), &response).ok();
  }

  void AwaitJoin(const std::string& run_id) {
    ASSERT_OK(cluster_.Watch(run_id, [](const v1::RunEvent& event) {
      return event.step().step() == "join" &&
             event.step().state() == v1::STEP_STATE_RUNNING;
    }));
  }

  std::optional<Process> files_;
  TestCluster cluster_;
};

TEST_F(HungVolumeTest, TurnsReadinessOffAndLivenessNotAndHoldsNobodyUp) {
  ASSERT_OK(cluster_.Execute(Request("reader")));
  const absl::StatusOr<v1::Run> run = cluster_.Create(Request("diamond", 1));
  ASSERT_OK(run);
  AwaitJoin(run->id());
  const std::string stage = cluster_.endpoints("recorder").grpc;

  Hang();
  const absl::Time hung = absl::Now();
  // They come before anybody knows, and take the volume's word for nothing.
  Creators creators(cluster_, Request("reader"));
  // Meanwhile others are served.
  absl::Duration slowest;
  bool ready = true;
  while (ready && absl::Now() - hung < kPatience) {
    const absl::Time start = absl::Now();
    EXPECT_OK(cluster_.Get(run->id()));
    EXPECT_TRUE(Describes(stage));
    slowest = std::max(slowest, absl::Now() - start);
    ready = !AwaitHealth(stage, HealthCheckResponse::NOT_SERVING,
                         absl::Milliseconds(500));
  }
  EXPECT_FALSE(ready) << "the stage says that it is ready";
  EXPECT_LT(slowest, kQuick);
  const absl::Duration found = absl::Now() - hung;
  EXPECT_TRUE(
      AwaitHealth(stage, HealthCheckResponse::SERVING, kQuick, "liveness"));
  EXPECT_TRUE(Describes(stage));

  files_->Signal(SIGUSR2);
  const absl::Time back = absl::Now();
  EXPECT_TRUE(AwaitHealth(stage, HealthCheckResponse::SERVING, kPatience));
  const absl::Duration recovered = absl::Now() - back;
  creators.Await();
  ASSERT_OK(
      cluster_.Watch(run->id(), [](const v1::RunEvent&) { return false; }));
  const absl::StatusOr<v1::Run> ended = cluster_.Get(run->id());
  ASSERT_OK(ended);
  EXPECT_EQ(ended->state(), v1::RUN_STATE_SUCCEEDED)
      << ended->error().ShortDebugString();
  PromiseChecker checker(cluster_.volume(),
                         ReadJournal(cluster_.folder() + "/journal"));
  checker.Check(*ended);
  EXPECT_OK(cluster_.Execute(Request("reader")));
  std::printf(
      "figures: not ready after %s, ready again %s after it came back; others "
      "waited "
      "at most %s\n",
      absl::FormatDuration(found).c_str(),
      absl::FormatDuration(recovered).c_str(),
      absl::FormatDuration(slowest).c_str());
}

TEST_F(HungVolumeTest, NewRunsAreRefusedAtOnceOnceItIsKnown) {
  Hang();
  ASSERT_TRUE(AwaitHealth(cluster_.endpoints("recorder").grpc,
                          HealthCheckResponse::NOT_SERVING, kPatience));
  // Stage and orchestrator find it out each for itself, at about the same time.
  const absl::Time give_up = absl::Now() + kPatience;
  absl::Time start;
  absl::Status created;
  do {
    start = absl::Now();
    created = cluster_.Create(Request("diamond")).status();
  } while (created.ok() && start < give_up);
  EXPECT_THAT(created,
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("volume")));
  EXPECT_LT(absl::Now() - start, kQuick);
}

TEST_F(HungVolumeTest, AnOrchestratorThatIsToldToStopDoesNotWaitForIt) {
  const absl::StatusOr<v1::Run> run = cluster_.Create(Request("diamond", 1));
  ASSERT_OK(run);
  AwaitJoin(run->id());
  Hang();
  Creators creators(cluster_, Request("reader"));
  // As soon as it is refused, the others are held up.
  ASSERT_TRUE(AwaitHealth(cluster_.endpoints("recorder").grpc,
                          HealthCheckResponse::NOT_SERVING, kPatience));
  const absl::Time told = absl::Now();
  cluster_.process("orchestrator").Signal(SIGTERM);
  EXPECT_TRUE(AwaitInLog(cluster_.log("orchestrator"), "ending without them",
                         kPatience));
  const absl::Duration took = absl::Now() - told;
  EXPECT_LT(took, absl::Seconds(10));
  // The kernel itself keeps a process for as long as FUSE has a request of it,
  // even one that is killed.
  files_->Signal(SIGUSR2);
  EXPECT_THAT(cluster_.process("orchestrator").Wait(kPatience),
              IsOkAndHolds(0));
  int refused = 0;
  for (const absl::StatusOr<v1::Run>& result : creators.Await()) {
    if (absl::IsUnavailable(result.status())) ++refused;
  }
  EXPECT_EQ(refused, kCreators);
  // The next one goes on with the run.
  ASSERT_OK(cluster_.Start("orchestrator"));
  ASSERT_OK(
      cluster_.Watch(run->id(), [](const v1::RunEvent&) { return false; }));
  EXPECT_EQ(cluster_.Get(run->id())->state(), v1::RUN_STATE_SUCCEEDED);
  std::printf("figures: ended %s after SIGTERM, with %d calls in the volume\n",
              absl::FormatDuration(took).c_str(), refused);
}

}  // namespace
}  // namespace stagecoach
