#include "orchestrator/export/openlineage.h"

#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "nlohmann/json.hpp"
#include "orchestrator/pipeline/plan.h"
#include "services/common/artifact/uri.h"
#include "services/common/base/sha256.h"
#include "services/common/base/version.h"
#include "services/common/contract/proto_time.h"

namespace stagecoach {
namespace {

using Json = nlohmann::ordered_json;

constexpr char kSpecification[] = "https://openlineage.io/spec/";
constexpr char kNamespace[] = "stagecoach";

// Who says it: a URI, by which consumers tell producers apart.
std::string Producer() { return absl::StrCat("urn:stagecoach:", Version()); }

Json Facet(absl::string_view file, absl::string_view version) {
  return {{"_producer", Producer()},
          {"_schemaURL", absl::StrCat(kSpecification, "facets/", version, "/",
                                      file, ".json#/$defs/", file)}};
}

std::string Text(const Json& document) {
  return document.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// What is in an artifact: its tensors, or the columns that its stage names.
Json SchemaFacet(const v1::Artifact& artifact) {
  Json fields = Json::array();
  for (const v1::TensorInfo& tensor : artifact.tensors()) {
    fields.push_back(
        {{"name", tensor.name()},
         {"type", tensor.dtype()},
         {"description",
          absl::StrCat("shape [", absl::StrJoin(tensor.shape(), ","), "]")}});
  }
  Json facet = Facet("SchemaDatasetFacet", "1-2-0");
  facet["fields"] = std::move(fields);
  return facet;
}

// An artifact as a dataset: its volume is the namespace.
Json Dataset(const v1::Artifact& artifact) {
  Json dataset = {{"namespace", "pvc"}, {"name", artifact.uri()}};
  const absl::StatusOr<ArtifactUri> uri = ArtifactUri::Parse(artifact.uri());
  if (uri.ok()) {
    dataset["namespace"] = absl::StrCat("pvc://", uri->volume());
    dataset["name"] = uri->path();
  }
  Json facets = Json::object();
  if (artifact.tensors_size() > 0) facets["schema"] = SchemaFacet(artifact);
  if (!artifact.sha256().empty()) {
    facets["version"] = Facet("DatasetVersionDatasetFacet", "1-0-1");
    facets["version"]["datasetVersion"] = artifact.sha256();
  }
  dataset["facets"] = std::move(facets);
  return dataset;
}

Json OutputDataset(const v1::Artifact& artifact) {
  Json dataset = Dataset(artifact);
  Json statistics = Facet("OutputStatisticsOutputDatasetFacet", "1-0-2");
  statistics["size"] = artifact.size_bytes();
  dataset["outputFacets"] = {{"outputStatistics", std::move(statistics)}};
  return dataset;
}

// What an event says of the run or of a step.
struct Change {
  const char* type;
  absl::Time time;
  const v1::Error* error = nullptr;  // may be null
};

// COMPLETE, FAIL or ABORT; null: it has not ended.
const char* EndType(v1::RunState state) {
  switch (state) {
    case v1::RUN_STATE_SUCCEEDED:
      return "COMPLETE";
    case v1::RUN_STATE_FAILED:
      return "FAIL";
    case v1::RUN_STATE_CANCELLED:
      return "ABORT";
    default:
      return nullptr;
  }
}

const char* EndType(v1::StepState state) {
  switch (state) {
    case v1::STEP_STATE_SUCCEEDED:
      return "COMPLETE";
    case v1::STEP_STATE_FAILED:
      return "FAIL";
    case v1::STEP_STATE_CANCELLED:
      return "ABORT";
    default:
      return nullptr;
  }
}

// Makes the events of one run.
class EventMaker {
 public:
  explicit EventMaker(const v1::Run& run) : run_(run) {}

  void AddCreated() { AddOfRun({"START", FromTimestamp(run_.create_time())}); }

  void Add(const v1::RunEvent& event) {
    const absl::Time time = FromTimestamp(event.time());
    if (event.has_run()) {
      const char* end = EndType(event.run().state());
      if (end == nullptr) return;
      AddOfRun({end, time,
                event.run().has_error() ? &event.run().error() : nullptr});
    } else if (event.has_step()) {
      AddOfStep(event.step(), time);
    }
  }

  std::vector<std::string> Take() && { return std::move(documents_); }

 private:
  void AddOfRun(const Change& change) {
    Json document = Document(change, OpenLineageRunId(run_.id()),
                             run_.pipeline_name(), "PIPELINE");
    for (const auto& [name, input] : Sorted(run_.inputs())) {
      document["inputs"].push_back(Dataset(input));
    }
    for (const auto& [name, output] : Sorted(run_.outputs())) {
      document["outputs"].push_back(OutputDataset(output));
    }
    documents_.push_back(Text(document));
  }

  void AddOfStep(const v1::StepStateChange& step, absl::Time time) {
    const char* end = EndType(step.state());
    const int attempt = step.attempt().number();
    // Further attempts are the same run of the step; one without any took a
    // result over, or was cancelled while it waited.
    const bool starts = step.state() == v1::STEP_STATE_RUNNING && attempt == 1;
    if (starts || (end != nullptr && attempt == 0)) {
      AddOfStep(step, {"START", time});
    }
    if (end != nullptr) {
      AddOfStep(step, {end, time, step.has_error() ? &step.error() : nullptr});
    }
  }

  void AddOfStep(const v1::StepStateChange& step, const Change& change) {
    Json document =
        Document(change, OpenLineageRunId(run_.id(), step.step()),
                 absl::StrCat(run_.pipeline_name(), ".", step.step()), "STEP");
    document["run"]["facets"]["parent"] = ParentFacet();
    AddStepData(step, document);
    documents_.push_back(Text(document));
  }

  void AddStepData(const v1::StepStateChange& change, Json& document) const {
    // A step that has taken a result over has read nothing.
    for (int i = 0; i < run_.steps_size(); ++i) {
      const v1::Step& step = run_.steps(i);
      if (step.name() != change.step()) continue;
      if (!step.reused_from_run().empty()) break;
      const absl::StatusOr<Artifacts> inputs = StepInputs(run_, i);
      if (!inputs.ok()) break;
      for (const auto& [name, input] : *inputs) {
        document["inputs"].push_back(Dataset(input));
      }
    }
    for (const v1::Artifact& output : change.outputs()) {
      document["outputs"].push_back(OutputDataset(output));
    }
  }

  Json ParentFacet() const {
    Json facet = Facet("ParentRunFacet", "1-2-0");
    facet["run"] = {{"runId", OpenLineageRunId(run_.id())}};
    facet["job"] = {{"namespace", kNamespace}, {"name", run_.pipeline_name()}};
    return facet;
  }

  static Json ErrorFacet(const v1::Error& error) {
    Json facet = Facet("ErrorMessageRunFacet", "1-0-1");
    facet["message"] = error.message();
    facet["programmingLanguage"] = "C++";
    return facet;
  }

  Json RunFacets(const Change& change) const {
    Json engine = Facet("ProcessingEngineRunFacet", "1-1-1");
    engine["version"] = std::string(Version());
    engine["name"] = "Stagecoach";
    Json tags = Facet("TagsRunFacet", "1-0-0");
    tags["tags"] =
        Json::array({{{"key", "stagecoach.run"}, {"value", run_.id()}}});
    Json facets = {{"processing_engine", std::move(engine)},
                   {"tags", std::move(tags)}};
    if (change.error != nullptr) {
      facets["errorMessage"] = ErrorFacet(*change.error);
    }
    return facets;
  }

  Json Document(const Change& change, const std::string& run_id,
                const std::string& job, const char* job_type) const {
    Json kind = Facet("JobTypeJobFacet", "2-0-4");
    kind["processingType"] = "BATCH";
    kind["integration"] = "STAGECOACH";
    kind["jobType"] = job_type;
    return {
        {"eventType", change.type},
        {"eventTime", absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", change.time,
                                       absl::UTCTimeZone())},
        {"producer", Producer()},
        {"schemaURL", absl::StrCat(kSpecification,
                                   "2-0-2/OpenLineage.json#/$defs/RunEvent")},
        {"run", {{"runId", run_id}, {"facets", RunFacets(change)}}},
        {"job",
         {{"namespace", kNamespace},
          {"name", job},
          {"facets", {{"jobType", std::move(kind)}}}}},
        {"inputs", Json::array()},
        {"outputs", Json::array()}};
  }

  template <typename Map>
  static std::map<std::string, v1::Artifact> Sorted(const Map& map) {
    return {map.begin(), map.end()};
  }

  const v1::Run& run_;
  std::vector<std::string> documents_;
};

}  // namespace

std::string OpenLineageRunId(absl::string_view run_id, absl::string_view step) {
  std::string hex =
      Sha256Hex(absl::StrCat("stagecoach/", run_id, "/", step)).substr(0, 32);
  hex[12] = '8';  // version: made by an own rule (RFC 9562)
  hex[16] = "89ab"[(hex[16] - '0') & 3];
  return absl::StrCat(hex.substr(0, 8), "-", hex.substr(8, 4), "-",
                      hex.substr(12, 4), "-", hex.substr(16, 4), "-",
                      hex.substr(20));
}

std::vector<std::string> OpenLineageEvents(
    const v1::Run& run, bool created, absl::Span<const v1::RunEvent> events) {
  EventMaker maker(run);
  if (created) maker.AddCreated();
  for (const v1::RunEvent& event : events) maker.Add(event);
  return std::move(maker).Take();
}

}  // namespace stagecoach
