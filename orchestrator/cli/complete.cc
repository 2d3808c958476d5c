#include "orchestrator/cli/complete.h"

#include <algorithm>
#include <utility>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "orchestrator/cli/render/text.h"

namespace stagecoach {
namespace {

// The option of `app`, or of what is above it, that is called `flag`.
const CLI::Option* FindFlag(const CLI::App* app, const std::string& flag) {
  for (; app != nullptr; app = app->get_parent()) {
    for (const CLI::Option* option : app->get_options()) {
      if (!option->get_positional() && option->check_name(flag)) return option;
    }
  }
  return nullptr;
}

const CLI::App* FindVerb(const CLI::App& app, const std::string& name) {
  for (const CLI::App* verb : app.get_subcommands(nullptr)) {
    if (verb->get_name() == name) return verb;
  }
  return nullptr;
}

bool TakesValue(const CLI::Option& option) {
  return option.get_expected_max() > 0 && option.get_type_size_max() > 0;
}

std::string FirstLine(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

class Completer {
 public:
  Completer(const CLI::App& root, const NameSource& names)
      : app_(&root), names_(names) {}

  Completions Run(const std::vector<std::string>& words) {
    for (size_t i = 0; i + 1 < words.size(); ++i) Take(words[i]);
    const std::string current = words.empty() ? "" : words.back();
    Offer(current == "=" ? "" : current);
    return std::move(result_);
  }

 private:
  // A word that is complete.
  void Take(const std::string& word) {
    // Some shells break `--flag=value` in three.
    if (word == "=") return;
    if (pending_ != nullptr) {
      pending_ = nullptr;
    } else if (only_arguments_ || !absl::StartsWith(word, "-")) {
      TakeArgument(word);
    } else if (word == "--") {
      only_arguments_ = true;
    } else if (!absl::StrContains(word, '=')) {
      const CLI::Option* option = FindFlag(app_, word);
      if (option != nullptr && TakesValue(*option)) pending_ = option;
    }
  }

  void TakeArgument(const std::string& word) {
    const CLI::App* verb = arguments_.empty() ? FindVerb(*app_, word) : nullptr;
    if (verb != nullptr) {
      app_ = verb;
    } else {
      arguments_.push_back(word);
    }
  }

  // What `current` may become.
  void Offer(const std::string& current) {
    const size_t equals = current.find('=');
    if (pending_ != nullptr) {
      OfferValue(*pending_, current, "");
    } else if (only_arguments_ || !absl::StartsWith(current, "-")) {
      OfferArgument(current);
    } else if (equals == std::string::npos) {
      OfferFlags(current);
    } else if (const CLI::Option* option =
                   FindFlag(app_, current.substr(0, equals))) {
      OfferValue(*option, current.substr(equals + 1),
                 current.substr(0, equals + 1));
    }
  }

  void OfferFlags(const std::string& current) {
    for (const CLI::App* app = app_; app != nullptr; app = app->get_parent()) {
      for (const CLI::Option* option : app->get_options()) {
        for (const std::string& name : option->get_lnames()) {
          // The verb's own --output hides the one for all verbs.
          const std::string flag = absl::StrCat("--", name);
          if (FindFlag(app_, flag) != option) continue;
          Add(current, {flag, FirstLine(option->get_description())});
        }
      }
    }
  }

  void OfferArgument(const std::string& current) {
    if (arguments_.empty()) {
      for (const CLI::App* verb : app_->get_subcommands(nullptr)) {
        Add(current, {verb->get_name(), FirstLine(verb->get_description())});
      }
    }
    const CLI::Option* argument = CurrentArgument();
    if (argument == nullptr) return;
    const std::string name = argument->get_name();
    const std::string owner = arguments_.empty() ? "" : arguments_.front();
    if (name == "run" || name == "runs") OfferNames(NameKind::kRun, current);
    if (name == "pipeline") OfferNames(NameKind::kPipeline, current);
    if (name == "stage") OfferNames(NameKind::kStage, current);
    if (name == "step") OfferNames(NameKind::kStep, current, owner);
    if (name == "name") OfferNames(NameKind::kArtifact, current, owner);
    if (name == "file" || name == "files") result_.files = true;
    OfferWords(*argument, current, "");
  }

  // The argument that comes next; the last one may be there several times.
  const CLI::Option* CurrentArgument() const {
    const std::vector<const CLI::Option*> positionals = app_->get_options(
        [](const CLI::Option* option) { return option->get_positional(); });
    if (positionals.empty()) return nullptr;
    if (arguments_.size() < positionals.size()) {
      return positionals[arguments_.size()];
    }
    const CLI::Option* last = positionals.back();
    return last->get_expected_max() > 1 ? last : nullptr;
  }

  // `before` stands before each candidate: `--output=`.
  void OfferValue(const CLI::Option& option, const std::string& current,
                  const std::string& before) {
    const std::string type = option.get_type_name();
    const std::string owner = arguments_.empty() ? "" : arguments_.front();
    if (type == "PIPELINE") {
      OfferNames(NameKind::kPipeline, current, owner, before);
    } else if (type == "NAME=VALUE") {
      OfferNames(NameKind::kSetting, current, owner, before);
    } else if (type == "NAME=FILE") {
      OfferNames(NameKind::kInput, current, owner, before);
      result_.files = absl::StrContains(current, '=');
    } else if (type == "FILE" || type == "FOLDER" || type == "PATH") {
      result_.files = true;
    } else {
      OfferWords(option, current, before);
    }
  }

  // The words of `table|json|yaml`.
  void OfferWords(const CLI::Option& option, const std::string& current,
                  const std::string& before) {
    const std::string type = option.get_type_name();
    if (!absl::StrContains(type, '|')) return;
    for (const absl::string_view word : absl::StrSplit(type, '|')) {
      Add(before + current, {absl::StrCat(before, word), ""});
    }
  }

  void OfferNames(NameKind kind, const std::string& current,
                  const std::string& owner = "",
                  const std::string& before = "") {
    for (Candidate& candidate : names_(kind, owner)) {
      candidate.text = absl::StrCat(before, candidate.text);
      Add(before + current, std::move(candidate));
    }
  }

  void Add(const std::string& current, Candidate candidate) {
    if (!absl::StartsWith(candidate.text, current)) return;
    result_.candidates.push_back(std::move(candidate));
  }

  const CLI::App* app_;
  const NameSource& names_;
  // The flag whose value comes next.
  const CLI::Option* pending_ = nullptr;
  // After `--`.
  bool only_arguments_ = false;
  std::vector<std::string> arguments_;
  Completions result_;
};

}  // namespace

Completions Complete(const CLI::App& root,
                     const std::vector<std::string>& words,
                     const NameSource& names) {
  return Completer(root, names).Run(words);
}

std::string CompletionsText(const Completions& completions) {
  std::string text;
  for (const Candidate& candidate : completions.candidates) {
    absl::StrAppend(&text, Printable(candidate.text));
    if (!candidate.description.empty()) {
      absl::StrAppend(&text, "\t", Printable(candidate.description));
    }
    absl::StrAppend(&text, "\n");
  }
  if (completions.files) absl::StrAppend(&text, ":files\n");
  return text;
}

}  // namespace stagecoach
