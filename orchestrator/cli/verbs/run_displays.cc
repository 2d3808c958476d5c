#include "orchestrator/cli/verbs/run_displays.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "orchestrator/cli/output.h"
#include "orchestrator/cli/render/format.h"
#include "orchestrator/cli/render/live_block.h"
#include "orchestrator/cli/render/plain_lines.h"
#include "orchestrator/cli/render/run_view.h"
#include "orchestrator/cli/render/text.h"
#include "orchestrator/cli/terminal/live_screen.h"
#include "services/common/contract/states.h"

namespace stagecoach {
namespace {

// Fast enough to look alive, slow enough to cost nothing.
constexpr absl::Duration kBetweenFrames = absl::Milliseconds(50);
constexpr absl::Duration kBetweenReports = absl::Seconds(5);

std::string LostNotice(absl::Duration lost_for) {
  return absl::StrCat("the orchestrator is away",
                      lost_for >= absl::Seconds(1)
                          ? absl::StrCat(" for ", DurationText(lost_for))
                          : "",
                      ", trying again; the run goes on");
}

class LiveDisplay final : public RunObserver {
 public:
  explicit LiveDisplay(const Context& context)
      : console_(context.console), clock_(context.clock), screen_(console_) {}

  void OnCreated(const v1::Run& run) override {
    run_ = run;
    Draw();
  }
  void OnEvent(const v1::RunEvent& event) override {
    ApplyEvent(event, run_);
    const bool final = event.has_run() && IsTerminal(event.run().state());
    if (final || clock_.Elapsed() - drawn_ >= kBetweenFrames) Draw();
  }
  void OnConnection(const absl::Status& status,
                    absl::Duration lost_for) override {
    notice_ = status.ok() ? "" : LostNotice(lost_for);
    Draw();
  }
  void OnTick() override { Draw(); }

 private:
  void Draw() {
    const std::optional<TerminalSize> size = console_.ErrSize();
    if (!size.has_value()) return;
    drawn_ = clock_.Elapsed();
    LiveBlockOptions options;
    options.width = size->columns - 1;
    options.height = size->rows - 1;
    options.notice = notice_;
    screen_.Show(RenderLiveBlock(run_, clock_.Now(), options));
  }

  Console& console_;
  const Clock& clock_;
  LiveScreen screen_;
  v1::Run run_;
  std::string notice_;
  absl::Duration drawn_ = -absl::InfiniteDuration();
};

class PlainDisplay final : public RunObserver {
 public:
  explicit PlainDisplay(const Context& context)
      : console_(context.console), lines_(context.zone, kBetweenReports) {}

  void OnCreated(const v1::Run& run) override {
    run_ = run;
    console_.Err(absl::StrCat("run ", Printable(run.id()), " of pipeline ",
                              Printable(run.pipeline_name()), "\n"));
  }
  void OnEvent(const v1::RunEvent& event) override {
    ApplyEvent(event, run_);
    const std::string line = lines_.Format(event, run_);
    if (!line.empty()) console_.Err(line + "\n");
  }
  void OnConnection(const absl::Status& status,
                    absl::Duration lost_for) override {
    if (status.ok()) {
      console_.Err("the orchestrator is back\n");
    } else if (lost_for == absl::ZeroDuration()) {
      console_.Err(LostNotice(lost_for) + "\n");
    }
  }
  void OnTick() override {}

 private:
  Console& console_;
  PlainLines lines_;
  v1::Run run_;
};

class EventDisplay final : public RunObserver {
 public:
  explicit EventDisplay(const Context& context)
      : console_(context.console), format_(FormatOf(context)) {}

  void OnCreated(const v1::Run&) override {}
  void OnEvent(const v1::RunEvent& event) override {
    console_.Out(OneOfMany(format_, event));
  }
  void OnConnection(const absl::Status& status,
                    absl::Duration lost_for) override {
    if (!status.ok() && lost_for == absl::ZeroDuration()) {
      console_.Err(LostNotice(lost_for) + "\n");
    }
  }
  void OnTick() override {}

 private:
  Console& console_;
  const OutputFormat format_;
};

}  // namespace

std::unique_ptr<RunObserver> MakeLiveDisplay(const Context& context) {
  return std::make_unique<LiveDisplay>(context);
}

std::unique_ptr<RunObserver> MakePlainDisplay(const Context& context) {
  return std::make_unique<PlainDisplay>(context);
}

std::unique_ptr<RunObserver> MakeEventDisplay(const Context& context) {
  return std::make_unique<EventDisplay>(context);
}

}  // namespace stagecoach
