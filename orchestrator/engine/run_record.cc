#include "orchestrator/engine/run_record.h"

#include <utility>

namespace stagecoach {

RunRecord::RunRecord(v1::Run run)
    : run_(std::make_unique<v1::Run>(std::move(run))) {}

RunRecord::~RunRecord() {
  if (run_ != nullptr && shared_pipeline_ != nullptr) {
    static_cast<void>(run_->release_pipeline());
  }
}

void RunRecord::SharePipeline(SharedPipelines& pipelines) {
  Unpack();
  std::unique_ptr<v1::Pipeline> own(run_->release_pipeline());
  shared_pipeline_ = pipelines.Share(own);
  run_->set_allocated_pipeline(
      shared_pipeline_ == nullptr ? own.release() : shared_pipeline_.get());
}

const v1::Run& RunRecord::run() const {
  Unpack();
  return *run_;
}

v1::Run& RunRecord::run() {
  Unpack();
  return *run_;
}

void RunRecord::Pack() {
  if (packed()) return;
  if (shared_pipeline_ != nullptr) {
    static_cast<void>(run_->release_pipeline());
  }
  packed_ = run_->SerializeAsString();
  run_ = nullptr;
}

void RunRecord::Unpack() const {
  if (!packed()) return;
  auto run = std::make_unique<v1::Run>();
  // What was written a moment ago by the same program can be read.
  run->ParseFromString(packed_);
  if (shared_pipeline_ != nullptr) {
    run->set_allocated_pipeline(shared_pipeline_.get());
  }
  run_ = std::move(run);
  packed_ = std::string();
}

}  // namespace stagecoach
