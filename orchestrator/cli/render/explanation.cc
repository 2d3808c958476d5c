#include "orchestrator/cli/render/explanation.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "orchestrator/cli/render/table.h"
#include "orchestrator/cli/render/text.h"

namespace stagecoach {
namespace {

// The digits of a digest that tell it from others.
constexpr size_t kShownDigits = 12;

bool HasResult(const v1::CacheLookup& lookup) {
  return lookup.outcome() == v1::CACHE_OUTCOME_HIT ||
         lookup.outcome() == v1::CACHE_OUTCOME_JOINED;
}

Tone CacheTone(v1::CacheOutcome outcome) {
  switch (outcome) {
    case v1::CACHE_OUTCOME_HIT:
    case v1::CACHE_OUTCOME_JOINED:
      return Tone::kGood;
    case v1::CACHE_OUTCOME_INVALID:
      return Tone::kWarning;
    default:
      return Tone::kFaint;
  }
}

std::string Why(const v1::StepExplanation& step) {
  const v1::CacheLookup& lookup = step.lookup();
  if (HasResult(lookup)) {
    return absl::StrCat("taken over from ", lookup.run_id(), "/",
                        lookup.step());
  }
  if (!lookup.reason().empty()) return lookup.reason();
  if (lookup.outcome() == v1::CACHE_OUTCOME_MISS) {
    return step.nearest().empty() ? "no earlier step of this stage"
                                  : "no equal step has been done";
  }
  return "";
}

std::string PartText(const std::string& value) {
  if (value.empty()) return "-";
  const bool digest = value.size() == 64;
  return Printable(digest ? value.substr(0, kShownDigits) : value);
}

std::string Differences(const v1::StepExplanation& step, const Layout& layout) {
  if (step.differences().empty()) return "";
  Table table({{"DIFFERS"},
               {"HERE", Align::kLeft, Overflow::kCut},
               {"THERE", Align::kLeft, Overflow::kCut}},
              2);
  for (const v1::KeyDifference& difference : step.differences()) {
    table.AddRow({{Printable(difference.part())},
                  {PartText(difference.here())},
                  {PartText(difference.nearest())}});
  }
  return absl::StrCat("\n",
                      Paint(layout, Tone::kStrong, Printable(step.step())),
                      ", beside the nearest, ", Printable(step.nearest()), "\n",
                      table.Render(layout));
}

}  // namespace

std::string CacheWord(v1::CacheOutcome outcome) {
  if (outcome == v1::CACHE_OUTCOME_UNSPECIFIED) return "";
  return absl::AsciiStrToLower(
      absl::StripPrefix(v1::CacheOutcome_Name(outcome), "CACHE_OUTCOME_"));
}

std::string RenderExplanation(const v1::ExplainRunResponse& explanation,
                              const Layout& layout) {
  Table table({{"STEP"}, {"CACHE"}, {"WHY", Align::kLeft, Overflow::kWrap}});
  std::string differences;
  for (const v1::StepExplanation& step : explanation.steps()) {
    const v1::CacheOutcome outcome = step.lookup().outcome();
    table.AddRow({{Printable(step.step())},
                  {CacheWord(outcome), CacheTone(outcome)},
                  {Printable(Why(step))}});
    absl::StrAppend(&differences, Differences(step, layout));
  }
  return table.Render(layout) + differences;
}

}  // namespace stagecoach
