#include "services/common/stagekit/stage_harness.h"

#include <cmath>
#include <cstdlib>
#include <map>
#include <memory>
#include <utility>

#include "absl/base/internal/raw_logging.h"
#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/synchronization/mutex.h"
#include "prometheus/registry.h"
#include "services/common/artifact/artifact_store.h"
#include "services/common/artifact/memory_file_system.h"
#include "services/common/artifact/uri.h"
#include "services/common/base/clock.h"
#include "services/common/base/sha256.h"
#include "services/common/contract/artifact_types.h"
#include "services/common/contract/description.h"
#include "services/common/contract/parameter_value.h"
#include "services/common/stagekit/checked_request.h"
#include "services/common/stagekit/execution_runner.h"

namespace stagecoach {
namespace {

constexpr char kVolume[] = "artifacts";
constexpr char kRun[] = "test-run";

std::string Uri(absl::string_view path) {
  return absl::StrCat("pvc://", kVolume, "/", path);
}

[[noreturn]] void Die(const std::string& message) {
  ABSL_RAW_LOG(FATAL, "StageHarness: %s", message.c_str());
  std::abort();  // unreachable, but the compiler does not know
}

template <typename T>
T OrDie(absl::StatusOr<T> value, absl::string_view what) {
  if (!value.ok()) Die(absl::StrCat(what, ": ", value.status().ToString()));
  return *std::move(value);
}

std::string SafetensorsBytes(absl::Span<const TensorView> tensors,
                             const SafetensorsMetadata& metadata) {
  std::string bytes = OrDie(SafetensorsHeader(tensors, metadata), "tensors");
  for (const TensorView& tensor : tensors) {
    absl::StrAppend(&bytes, tensor.bytes);
  }
  return bytes;
}

// Records what is reported and cancels at one of the reports.
class Recorder final : public ExecutionWatcher {
 public:
  Recorder(Execution& execution, int cancel_at,
           std::vector<v1::Progress>& progress)
      : execution_(execution), cancel_at_(cancel_at), progress_(progress) {}

  void OnProgress(const v1::Progress& progress) override {
    progress_.push_back(progress);
    if (static_cast<int>(progress_.size()) == cancel_at_) {
      execution_.RequestStop(absl::CancelledError("cancelled by the test"));
    }
  }
  void OnEnd(const ExecutionEnd&) override {}

 private:
  Execution& execution_;
  const int cancel_at_;
  std::vector<v1::Progress>& progress_;
};

}  // namespace

struct StageHarness::State {
  explicit State(Stage& tested) : stage(tested) {}

  const v1::Artifact& Output(absl::string_view name) const {
    for (const v1::Artifact& output : result.outputs()) {
      if (output.name() == name) return output;
    }
    Die(absl::StrCat("the last Run has not published output '", name, "'"));
  }

  std::string StepPath() const { return absl::StrCat("runs/", kRun, "/step"); }

  Stage& stage;
  v1::StageDescription description;
  prometheus::Registry registry;
  std::shared_ptr<MemoryFileSystem> files =
      std::make_shared<MemoryFileSystem>(kVolume);
  const VolumeMap volumes = {{kVolume, files}};
  ArtifactStore store{volumes, registry};

  v1::ExecuteRequest request;
  bool keep_checkpoints = true;
  int cancel_at_progress = 0;
  int files_given = 0;
  int attempts = 0;
  v1::ExecutionResult result;
  std::vector<v1::Progress> progress;

  absl::Mutex mutex;
  Execution* running ABSL_GUARDED_BY(mutex) = nullptr;
};

StageHarness::StageHarness(Stage& stage)
    : state_(std::make_unique<State>(stage)) {
  state_->description = stage.Describe();
  const absl::Status valid = ValidateDescription(state_->description);
  if (!valid.ok()) Die(valid.ToString());
  stage.RegisterMetrics(state_->registry);
}

StageHarness::~StageHarness() = default;

void StageHarness::SetInteger(absl::string_view parameter, int64_t value) {
  (*state_->request.mutable_parameters())[std::string(parameter)] =
      IntegerValue(value);
}

void StageHarness::SetNumber(absl::string_view parameter, double value) {
  (*state_->request.mutable_parameters())[std::string(parameter)] =
      NumberValue(value);
}

void StageHarness::SetString(absl::string_view parameter,
                             absl::string_view value) {
  (*state_->request.mutable_parameters())[std::string(parameter)] =
      StringValue(value);
}

void StageHarness::SetStringList(absl::string_view parameter,
                                 absl::Span<const std::string> values) {
  (*state_->request.mutable_parameters())[std::string(parameter)] =
      StringListValue(values);
}

void StageHarness::SetBoolean(absl::string_view parameter, bool value) {
  (*state_->request.mutable_parameters())[std::string(parameter)] =
      BooleanValue(value);
}

void StageHarness::GiveBytes(absl::string_view input, absl::string_view bytes) {
  const v1::InputSpec* spec = FindInput(state_->description, input);
  if (spec == nullptr) {
    Die(absl::StrCat("the stage has no input '", input, "'"));
  }
  const std::string path = absl::StrCat("data/", ++state_->files_given, "/",
                                        input, ArtifactExtension(spec->type()));
  state_->files->PutFile(path, bytes);
  v1::Artifact artifact;
  artifact.set_name(std::string(input));
  artifact.set_uri(Uri(path));
  artifact.set_type(spec->type());
  artifact.set_sha256(Sha256Hex(bytes));
  artifact.set_size_bytes(static_cast<int64_t>(bytes.size()));
  GiveArtifact(input, artifact);
}

void StageHarness::GiveTensors(absl::string_view input,
                               absl::Span<const TensorView> tensors,
                               const SafetensorsMetadata& metadata) {
  GiveBytes(input, SafetensorsBytes(tensors, metadata));
}

void StageHarness::GiveFloats(absl::string_view input,
                              std::vector<int64_t> shape,
                              std::vector<float> values) {
  TensorView tensor;
  tensor.name = std::string(input);
  tensor.dtype = Dtype::kF32;
  tensor.shape = std::move(shape);
  tensor.bytes = absl::string_view(reinterpret_cast<const char*>(values.data()),
                                   values.size() * sizeof(float));
  GiveTensors(input, {tensor});
}

void StageHarness::GiveOutput(absl::string_view input, const StageHarness& from,
                              absl::string_view output) {
  GiveBytes(input, from.OutputBytes(output));
}

void StageHarness::GiveArtifact(absl::string_view input,
                                const v1::Artifact& artifact) {
  (*state_->request.mutable_inputs())[std::string(input)] = artifact;
}

void StageHarness::TamperWith(absl::string_view input,
                              absl::string_view bytes) {
  const auto& inputs = state_->request.inputs();
  const auto found = inputs.find(std::string(input));
  if (found == inputs.end()) {
    Die(absl::StrCat("input '", input, "' was not given"));
  }
  state_->files->PutFile(
      OrDie(ArtifactUri::Parse(found->second.uri()), "tamper").path(), bytes);
}

void StageHarness::CancelAtProgress(int count) {
  state_->cancel_at_progress = count;
}

void StageHarness::Cancel() {
  absl::MutexLock lock(&state_->mutex);
  if (state_->running == nullptr) return;
  state_->running->RequestStop(absl::CancelledError("cancelled by the test"));
}

void StageHarness::KeepNoCheckpoints() { state_->keep_checkpoints = false; }

absl::Status StageHarness::Run() {
  State& state = *state_;
  state.result.Clear();
  state.progress.clear();
  const int attempt = ++state.attempts;
  const std::string step = state.StepPath();
  v1::ExecuteRequest request = state.request;
  request.set_execution_id(absl::StrCat(kRun, "/step/", attempt));
  request.set_output_prefix(Uri(absl::StrCat(step, "/", attempt)));
  if (state.keep_checkpoints) {
    request.set_checkpoint_prefix(Uri(absl::StrCat(step, "/checkpoint")));
  }
  auto checked = CheckRequest(request, state.description, state.volumes);
  if (!checked.ok()) return checked.status();

  Execution execution(checked->id);
  execution.Watch(std::make_shared<Recorder>(
      execution, state.cancel_at_progress, state.progress));
  {
    absl::MutexLock lock(&state.mutex);
    state.running = &execution;
  }
  PhaseClock phases(Clock::Real());
  ExecutionRunner runner(state.stage, state.description, state.store,
                         Clock::Real());
  ExecutionEnd end = runner.Run(*checked, phases, execution);
  {
    absl::MutexLock lock(&state.mutex);
    state.running = nullptr;
  }
  if (!end.ok()) return end.status();
  state.result = *std::move(end);
  return absl::OkStatus();
}

const v1::ExecutionResult& StageHarness::result() const {
  return state_->result;
}

bool StageHarness::HasOutput(absl::string_view output) const {
  for (const v1::Artifact& each : state_->result.outputs()) {
    if (each.name() == output) return true;
  }
  return false;
}

const v1::Artifact& StageHarness::OutputArtifact(
    absl::string_view output) const {
  return state_->Output(output);
}

std::string StageHarness::OutputBytes(absl::string_view output) const {
  return std::string(
      OrDie(state_->store.Open(state_->Output(output)), output).bytes());
}

SafetensorsView StageHarness::OutputTensors(absl::string_view output) const {
  return OrDie(SafetensorsView::Parse(
                   OrDie(state_->store.Open(state_->Output(output)), output)),
               output);
}

std::vector<float> StageHarness::OutputFloats(absl::string_view output) const {
  const SafetensorsView view = OutputTensors(output);
  const TensorView tensor = OrDie(view.Find(output), output);
  if (tensor.dtype != Dtype::kF32) {
    Die(absl::StrCat("output '", output, "' is not F32"));
  }
  const absl::Span<const float> values = tensor.floats();
  return std::vector<float>(values.begin(), values.end());
}

std::vector<int64_t> StageHarness::OutputShape(absl::string_view output) const {
  return OrDie(OutputTensors(output).Find(output), output).shape;
}

double StageHarness::Metric(absl::string_view name) const {
  const auto& metrics = state_->result.metrics();
  const auto found = metrics.find(std::string(name));
  return found == metrics.end() ? std::nan("") : found->second;
}

const std::vector<v1::Progress>& StageHarness::progress() const {
  return state_->progress;
}

std::vector<int64_t> StageHarness::Checkpoints() const {
  const CheckpointStore checkpoints =
      OrDie(state_->store.OpenCheckpoints(
                Uri(absl::StrCat(state_->StepPath(), "/checkpoint"))),
            "checkpoints");
  return OrDie(checkpoints.List(), "checkpoints");
}

void StageHarness::DamageCheckpoint(int64_t number) {
  state_->files->PutFile(
      absl::StrCat(state_->StepPath(), "/checkpoint/",
                   absl::StrFormat("%012d", number), ".safetensors"),
      "not a checkpoint");
}

}  // namespace stagecoach
