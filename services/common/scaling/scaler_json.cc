#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "services/common/base/status_macros.h"
#include "services/common/scaling/scaler.h"

namespace stagecoach {
namespace {

using nlohmann::json;

constexpr int64_t kFormatVersion = 1;

absl::Status Wrong(absl::string_view field, absl::string_view expected) {
  return absl::FailedPreconditionError(
      absl::StrCat("'", field, "' must be ", expected));
}

// The getters report the first fault alone, so that a reader is a list of
// fields.
class Fields {
 public:
  Fields(const json& object, std::string path, absl::Status& fault)
      : object_(object), path_(std::move(path)), fault_(fault) {}

  bool Has(const char* name) const {
    return object_.is_object() && object_.contains(name);
  }
  std::string String(const char* name) const {
    const json& value = Get(name, &json::is_string, "a string");
    return value.is_string() ? value.get<std::string>() : "";
  }
  int64_t Integer(const char* name) const {
    const json& value = Get(name, &json::is_number_integer, "a whole number");
    return value.is_number_integer() ? value.get<int64_t>() : 0;
  }
  double Number(const char* name) const {
    const json& value = Get(name, &json::is_number, "a number");
    return value.is_number() ? value.get<double>() : 0;
  }
  bool Boolean(const char* name) const {
    const json& value = Get(name, &json::is_boolean, "true or false");
    return value.is_boolean() && value.get<bool>();
  }
  const json& Array(const char* name) const {
    const json& value = Get(name, &json::is_array, "a list");
    return value.is_array() ? value : Nothing();
  }
  Fields Object(const char* name) const {
    return Fields(Get(name, &json::is_object, "an object"),
                  absl::StrCat(path_, name, "."), fault_);
  }

  // Takes the value of `parsed`, or reports why there is none.
  template <typename Value>
  void Take(const char* name, const absl::StatusOr<Value>& parsed,
            Value& target) const {
    if (parsed.ok()) {
      target = *parsed;
    } else {
      Report(absl::FailedPreconditionError(
          absl::StrCat("'", path_, name, "': ", parsed.status().message())));
    }
  }
  void Report(absl::Status status) const {
    if (fault_.ok()) fault_ = std::move(status);
  }

 private:
  using Is = bool (json::*)() const noexcept;

  static const json& Nothing() {
    static const json* const nothing = new json(json::array());
    return *nothing;
  }

  const json& Get(const char* name, Is is, absl::string_view expected) const {
    const json& value = Has(name) ? object_.at(name) : Nothing();
    if (!Has(name) || !(value.*is)()) {
      Report(Wrong(path_ + name, expected));
    }
    return value;
  }

  const json& object_;
  const std::string path_;
  absl::Status& fault_;
};

nlohmann::ordered_json ToJson(const ColumnScaling& column) {
  return {{"name", column.name},
          {"log", column.log},
          {"offset", column.offset},
          {"scale", column.scale}};
}

absl::StatusOr<int64_t> ParseTimestamp(const std::string& text) {
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_sec, text, &time, &error)) {
    return absl::FailedPreconditionError(
        absl::StrCat("\"", text, "\" is no time as of RFC 3339"));
  }
  return absl::ToUnixSeconds(time);
}

void ReadColumns(const Fields& fields, absl::Status& fault, Scaler& scaler) {
  const json& columns = fields.Array("columns");
  for (size_t i = 0; i < columns.size(); ++i) {
    const Fields column(columns[i], absl::StrCat("columns[", i, "]."), fault);
    scaler.columns.push_back({column.String("name"), column.Boolean("log"),
                              column.Number("offset"), column.Number("scale")});
  }
  const std::string target = fields.String("target");
  const auto found = std::find_if(
      scaler.columns.begin(), scaler.columns.end(),
      [&target](const ColumnScaling& each) { return each.name == target; });
  scaler.target = found - scaler.columns.begin();
}

void ReadTime(const Fields& fields, Scaler& scaler) {
  for (const json& name : fields.Array("calendar")) {
    scaler.calendar.emplace_back();
    fields.Take("calendar",
                ParseCalendarFeature(name.is_string() ? name.get<std::string>()
                                                      : name.dump()),
                scaler.calendar.back());
  }
  const Fields frequency = fields.Object("frequency");
  frequency.Take("unit", ParseFrequencyUnit(frequency.String("unit")),
                 scaler.frequency.unit);
  scaler.frequency.count = frequency.Integer("count");
  if (fields.Has("last_timestamp")) {
    fields.Take("last_timestamp",
                ParseTimestamp(fields.String("last_timestamp")),
                scaler.last_timestamp.emplace());
  }
}

}  // namespace

std::string FormatScaler(const Scaler& scaler) {
  nlohmann::ordered_json document;
  document["format"] = kFormatVersion;
  document["scaling"] = std::string(ScalingKindName(scaler.kind));
  document["columns"] = nlohmann::ordered_json::array();
  for (const ColumnScaling& column : scaler.columns) {
    document["columns"].push_back(ToJson(column));
  }
  document["target"] = scaler.target_column().name;
  document["calendar"] = nlohmann::ordered_json::array();
  for (const CalendarFeature feature : scaler.calendar) {
    document["calendar"].push_back(std::string(CalendarFeatureName(feature)));
  }
  document["lookback"] = scaler.lookback;
  document["horizon"] = scaler.horizon;
  document["stride"] = scaler.stride;
  document["frequency"] = {
      {"unit", std::string(FrequencyUnitName(scaler.frequency.unit))},
      {"count", scaler.frequency.count}};
  if (scaler.last_timestamp.has_value()) {
    document["last_timestamp"] = absl::FormatTime(
        "%Y-%m-%dT%H:%M:%SZ", absl::FromUnixSeconds(*scaler.last_timestamp),
        absl::UTCTimeZone());
  }
  return document.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

absl::StatusOr<Scaler> ParseScaler(absl::string_view text) {
  const json document = json::parse(text.begin(), text.end(), nullptr,
                                    /*allow_exceptions=*/false);
  if (!document.is_object()) {
    return absl::FailedPreconditionError("a scaler must be a JSON object");
  }
  absl::Status fault;
  const Fields fields(document, "", fault);
  if (fields.Integer("format") != kFormatVersion) {
    fields.Report(Wrong("format", "1, the only version known here"));
  }
  Scaler scaler;
  fields.Take("scaling", ParseScalingKind(fields.String("scaling")),
              scaler.kind);
  ReadColumns(fields, fault, scaler);
  ReadTime(fields, scaler);
  scaler.lookback = fields.Integer("lookback");
  scaler.horizon = fields.Integer("horizon");
  scaler.stride = fields.Integer("stride");
  SC_RETURN_IF_ERROR(fault);
  if (const absl::Status valid = scaler.Validate(); !valid.ok()) {
    return absl::FailedPreconditionError(valid.message());
  }
  return scaler;
}

}  // namespace stagecoach
