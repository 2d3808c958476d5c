// How fast data moves: CSV into a series, a series into windows, tensors into
// an artifact and out of it. `part.py` makes the files, runs each of
// these in a process of its own and beside them what people use today.
//
// STAGECOACH_BENCH_FOLDER: where the files are.

#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <prometheus/registry.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/common/artifact/artifact_staging.h"
#include "services/common/artifact/artifact_store.h"
#include "services/common/artifact/posix_file_system.h"
#include "services/common/artifact/unique_fd.h"
#include "services/common/artifact/volume_map.h"
#include "services/common/base/bounded_executor.h"
#include "services/common/base/sha256.h"
#include "services/load/source.h"
#include "services/prepare/windows.h"

namespace stagecoach {
namespace {

constexpr int64_t kWindowValues = 100'000'000;
constexpr int64_t kLookback = 8;
constexpr int64_t kArtifactBytes = int64_t{1} << 30;

std::string Folder() {
  const char* const folder = std::getenv("STAGECOACH_BENCH_FOLDER");
  return folder == nullptr ? "." : folder;
}

// The folder as the volume `bench`.
class Volume {
 public:
  Volume()
      : store_(*OpenVolumes({"bench=" + Folder()}, registry_), registry_) {}

  ArtifactStore& store() { return store_; }

 private:
  prometheus::Registry registry_;
  ArtifactStore store_;
};

v1::Artifact Named(const std::string& path) {
  v1::Artifact artifact;
  artifact.set_uri("pvc://bench/" + path);
  return artifact;
}

void LoadColumn(benchmark::State& state, const std::string& file) {
  Volume volume;
  SourceOptions options;
  options.series.column = std::string("c3");
  int64_t rows = 0;
  int64_t bytes = 0;
  for (auto _ : state) {
    const auto source = volume.store().Open(Named(file));
    if (!source.ok()) return state.SkipWithError("the file is not there");
    const auto series = ReadSource(*source, options);
    if (!series.ok()) return state.SkipWithError("it is no series");
    rows = series->rows();
    bytes = static_cast<int64_t>(source->bytes().size());
    benchmark::DoNotOptimize(series->values.data());
  }
  state.counters["rows"] = static_cast<double>(rows);
  state.SetBytesProcessed(state.iterations() * bytes);
}

void BM_CsvColumn(benchmark::State& state) { LoadColumn(state, "wide.csv"); }
void BM_GzipColumn(benchmark::State& state) {
  LoadColumn(state, "fifth.csv.gz");
}

void BM_Windows(benchmark::State& state) {
  std::vector<float> series(kWindowValues / kLookback + kLookback);
  std::iota(series.begin(), series.end(), 0.0f);
  for (auto _ : state) {
    const auto windows = CutWindows(series, series, {.lookback = kLookback});
    benchmark::DoNotOptimize(windows->x.get());
  }
  state.SetBytesProcessed(state.iterations() * kWindowValues * 4);
}

// The least that windows can cost: as many bytes, into memory as new.
void BM_Memcpy(benchmark::State& state) {
  std::vector<float> series(kWindowValues);
  std::iota(series.begin(), series.end(), 0.0f);
  for (auto _ : state) {
    const std::unique_ptr<float[]> copy(new float[kWindowValues]);
    std::memcpy(copy.get(), series.data(), kWindowValues * 4);
    benchmark::DoNotOptimize(copy.get());
  }
  state.SetBytesProcessed(state.iterations() * kWindowValues * 4);
}

// Digested, synced and published.
void BM_ArtifactWrite(benchmark::State& state) {
  Volume volume;
  std::vector<float> values(kArtifactBytes / 4);
  std::iota(values.begin(), values.end(), 0.0f);
  const TensorView tensor = {
      "x",
      Dtype::kF32,
      {static_cast<int64_t>(values.size())},
      absl::string_view(reinterpret_cast<const char*>(values.data()),
                        kArtifactBytes)};
  int64_t number = 0;
  for (auto _ : state) {
    auto staging = volume.store().BeginAttempt(
        absl::StrCat("pvc://bench/written/", ++number));
    if (!staging.ok()) return state.SkipWithError("it cannot be written");
    const absl::Status written =
        (*staging)->WriteTensors("x", v1::ARTIFACT_TYPE_TENSOR, {tensor}, {});
    if (!written.ok() || !(*staging)->Publish({}).ok()) {
      return state.SkipWithError("it was not published");
    }
  }
  state.SetBytesProcessed(state.iterations() * kArtifactBytes);
}

// The same, each piece digested and then written, and no write begun before the
// sync.
void BM_ArtifactWriteByPiece(benchmark::State& state) {
  constexpr size_t kPiece = 1 << 20;
  std::vector<float> values(kArtifactBytes / 4);
  std::iota(values.begin(), values.end(), 0.0f);
  const absl::string_view bytes(reinterpret_cast<const char*>(values.data()),
                                kArtifactBytes);
  const std::string path = Folder() + "/peer.copy";
  for (auto _ : state) {
    const UniqueFd file(open(path.c_str(), O_CREAT | O_WRONLY | O_TRUNC, 0600));
    Sha256 digest;
    for (size_t at = 0; at < bytes.size(); at += kPiece) {
      const absl::string_view piece = bytes.substr(at, kPiece);
      digest.Update(piece);
      if (write(file.get(), piece.data(), kPiece) != ssize_t{kPiece}) {
        return state.SkipWithError("it cannot be written");
      }
    }
    if (fdatasync(file.get()) != 0) {
      return state.SkipWithError("it cannot be synced");
    }
    benchmark::DoNotOptimize(digest.Finish());
  }
  state.SetBytesProcessed(state.iterations() * kArtifactBytes);
}

// Looks at every value, as torch.sum does: in lanes, so that no addition waits
// for the one before it.
float SumOf(absl::Span<const float> values) {
  constexpr size_t kLanes = 16;
  std::array<float, kLanes> sums = {};
  size_t at = 0;
  for (; at + kLanes <= values.size(); at += kLanes) {
    for (size_t lane = 0; lane < kLanes; ++lane)
      sums[lane] += values[at + lane];
  }
  for (; at < values.size(); ++at) sums[0] += values[at];
  return std::accumulate(sums.begin(), sums.end(), 0.0f);
}

// Opened, verified against its digest, and every value looked at; `of_a_copy`:
// digested as it is read, before it is mapped.
void ReadArtifact(benchmark::State& state, bool of_a_copy) {
  constexpr absl::string_view kUri = "pvc://bench/x.safetensors";
  const v1::Artifact artifact = [&] {
    Volume volume;
    return *volume.store().InspectWithDigest(kUri);
  }();
  for (auto _ : state) {
    Volume volume;  // one that has not verified the file yet
    if (of_a_copy && !volume.store().InspectWithDigest(kUri).ok()) {
      return state.SkipWithError("it cannot be read");
    }
    const auto reader = volume.store().Open(artifact);
    if (!reader.ok()) return state.SkipWithError("it cannot be read");
    const auto file = SafetensorsView::Parse(*reader);
    benchmark::DoNotOptimize(SumOf(file->tensors().front().floats()));
  }
  state.SetBytesProcessed(state.iterations() * kArtifactBytes);
}

void BM_ArtifactRead(benchmark::State& state) {
  ReadArtifact(state, /*of_a_copy=*/false);
}

void BM_ArtifactReadOfACopy(benchmark::State& state) {
  ReadArtifact(state, /*of_a_copy=*/true);
}

// Digested where it is mapped, each page when it is touched.
void BM_ArtifactReadByPage(benchmark::State& state) {
  const auto files = *OpenPosixFileSystem("bench", Folder());
  for (auto _ : state) {
    const auto file = files->OpenFile("x.safetensors");
    if (!file.ok()) return state.SkipWithError("it cannot be read");
    const auto mapped = (*file)->Map();
    if (!mapped.ok()) return state.SkipWithError("it cannot be mapped");
    Sha256 digest;
    digest.Update(mapped->bytes);
    benchmark::DoNotOptimize(digest.Finish());
    const auto* const values =
        reinterpret_cast<const float*>(mapped->bytes.data());
    benchmark::DoNotOptimize(SumOf({values, kArtifactBytes / 4}));
  }
  state.SetBytesProcessed(state.iterations() * kArtifactBytes);
}

// A small attempt like train's: three outputs and a manifest, synced with the
// help of `helpers` threads, or one after the other.
void BM_Publish(benchmark::State& state) {
  Volume volume;
  prometheus::Registry registry;
  ArtifactMetrics metrics(registry);
  const auto files = *OpenPosixFileSystem("bench", Folder());
  BoundedExecutor helpers(
      "syncs", static_cast<int>(std::max<int64_t>(1, state.range(0))), 64);
  if (state.range(0) == 0) helpers.Shutdown();
  int64_t number = 0;
  for (auto _ : state) {
    state.PauseTiming();
    const auto prefix = ArtifactUri::Make(
        "bench", absl::StrCat("written/", getpid(), "/", ++number, "/step/1"));
    const std::string directory =
        absl::StrCat(ParentPath(prefix->path()), "/.staging");
    if (!CreateDirectories(*files, directory).ok()) {
      return state.SkipWithError("it cannot be written");
    }
    ArtifactStaging staging(files, metrics, helpers, *prefix, directory);
    state.ResumeTiming();
    for (const char* name : {"weights", "history", "history_table"}) {
      const absl::Status written = staging.WriteFile(
          name, v1::ARTIFACT_TYPE_TEXT, std::string(8000, 'x'));
      if (!written.ok()) return state.SkipWithError("it was not written");
    }
    if (!staging.Publish({}).ok()) {
      return state.SkipWithError("it was not published");
    }
  }
}

BENCHMARK(BM_CsvColumn)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(BM_GzipColumn)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(BM_Windows)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(BM_Memcpy)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(BM_ArtifactWrite)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime()
    ->Iterations(1);
BENCHMARK(BM_ArtifactWriteByPiece)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime()
    ->Iterations(1);
BENCHMARK(BM_ArtifactRead)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime()
    ->Iterations(1);
BENCHMARK(BM_ArtifactReadByPage)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime()
    ->Iterations(1);
BENCHMARK(BM_ArtifactReadOfACopy)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime()
    ->Iterations(1);

BENCHMARK(BM_Publish)
    ->Arg(0)
    ->Arg(6)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime()
    ->Iterations(50);

}  // namespace
}  // namespace stagecoach

BENCHMARK_MAIN();
