#include "operator/simulate/trace.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <optional>
#include <string>

#include "lib/json/field.h"
#include "lib/json/read.h"

namespace penstock::simulate {
namespace {

// As JSON lines hold it. Members that are not listed are ignored.
struct MooncakeRow {
  double timestamp = 0;  // ms
  std::int32_t input_length = 0;
  std::int32_t output_length = 0;
  static constexpr auto fields() {
    using T = MooncakeRow;
    constexpr json::Rules kLength{.required = true, .min = 0, .max = kTokensMax};
    return std::tuple{json::Field{"timestamp", &T::timestamp, {.required = true, .min = 0}},
                      json::Field{"input_length", &T::input_length, kLength},
                      json::Field{"output_length", &T::output_length, kLength}};
  }
};

using Parser = std::optional<Arrival> (*)(std::string_view line);

Arrival arrival(std::int64_t at_us, std::int32_t input, std::int32_t output) {
  return {.at_us = at_us, .input_tokens = input, .output_tokens = std::max(1, output)};
}

std::optional<Arrival> mooncake(std::string_view line) {
  const json::Text text = json::parse_json(line);
  if (!text.errors.empty() || text.documents.size() != 1) {
    return std::nullopt;
  }
  MooncakeRow row;
  json::Reader reader(json::Strictness::kTolerant);
  json::read(reader, text.documents.front().value, row);
  if (!reader.errors().empty() || row.timestamp > 1e12) {
    return std::nullopt;
  }
  return arrival(std::llround(row.timestamp * 1e3), row.input_length, row.output_length);
}

template <class T>
std::optional<T> number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole ? std::optional(value) : std::nullopt;
}

std::optional<std::int32_t> tokens(std::string_view text) {
  const std::optional<std::int32_t> value = number<std::int32_t>(text);
  return value && *value >= 0 && *value <= kTokensMax ? value : std::nullopt;
}

// "2023-11-16 18:15:46.6805900", in microseconds since 1970.
std::optional<std::int64_t> azure_time(std::string_view text) {
  if (text.size() < 19) {
    return std::nullopt;
  }
  const auto year = number<int>(text.substr(0, 4));
  const auto month = number<unsigned>(text.substr(5, 2));
  const auto day = number<unsigned>(text.substr(8, 2));
  const auto hour = number<int>(text.substr(11, 2));
  const auto minute = number<int>(text.substr(14, 2));
  const auto second = number<double>(text.substr(17));
  if (!year || !month || !day || !hour || !minute || !second) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(*month),
                                         std::chrono::day(*day)};
  if (!date.ok() || *hour > 23 || *minute > 59 || !(*second >= 0 && *second < 61)) {
    return std::nullopt;
  }
  const std::chrono::microseconds days = std::chrono::sys_days(date).time_since_epoch();
  return days.count() + (*hour * 3'600LL + *minute * 60LL) * 1'000'000 +
         std::llround(*second * 1e6);
}

std::optional<std::int64_t> own_time(std::string_view text) {
  const std::optional<double> ms = number<double>(text);
  return ms && *ms >= 0 && *ms < 1e12 ? std::optional(std::llround(*ms * 1e3)) : std::nullopt;
}

// time,input,output
template <std::optional<std::int64_t> (*TimeOf)(std::string_view)>
std::optional<Arrival> comma_separated(std::string_view line) {
  const std::size_t first = line.find(',');
  const std::size_t last = line.rfind(',');
  if (first == std::string_view::npos || first == last) {
    return std::nullopt;
  }
  const auto at_us = TimeOf(line.substr(0, first));
  const auto input = tokens(line.substr(first + 1, last - first - 1));
  const auto output = tokens(line.substr(last + 1));
  if (!at_us || !input || !output) {
    return std::nullopt;
  }
  return arrival(*at_us, *input, *output);
}

std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(text.size(), end + 1));
  while (line.ends_with('\r') || line.ends_with(' ')) {
    line.remove_suffix(1);
  }
  return line;
}

}  // namespace

Result<Arrivals> read_trace(std::string_view text) {
  Parser parse = nullptr;
  std::size_t line_number = 0;
  if (text.starts_with('{')) {
    parse = &mooncake;
  } else if (text.starts_with("TIMESTAMP") || text.starts_with("at_ms")) {
    parse = text.starts_with('T') ? &comma_separated<&azure_time> : &comma_separated<&own_time>;
    take_line(text);
    ++line_number;
  } else {
    return fail(
        ErrorCode::kInvalidConfig,
        "neither JSON lines (Mooncake) nor CSV with a header TIMESTAMP,… (Azure) or at_ms,…");
  }
  Arrivals rows;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    ++line_number;
    if (line.empty()) {
      continue;
    }
    const std::optional<Arrival> row = parse(line);
    if (!row || rows.size() == kArrivalsMax) {
      return fail(ErrorCode::kInvalidConfig,
                  "line " + std::to_string(line_number) +
                      (row ? " is one too many" : " is no request with a time and two lengths"));
    }
    rows.push_back(*row);
  }
  std::ranges::sort(rows);
  const std::int64_t start_us = rows.empty() ? 0 : rows.front().at_us;
  for (Arrival& row : rows) {
    row.at_us -= start_us;
  }
  return rows;
}

Arrivals paced(const Arrivals& trace, double requests_per_s, double seconds) {
  const double mean = mean_rate_per_s(trace);
  if (!(mean > 0)) {
    return trace;
  }
  const double stretch = requests_per_s > 0 ? mean / requests_per_s : 1;
  // One mean gap between the last request and the first of the next round.
  const double round_us = static_cast<double>(trace.size()) / mean * stretch * 1e6;
  const double end_us = seconds > 0 ? seconds * 1e6 : round_us;
  Arrivals result;
  for (double begun_us = 0; begun_us < end_us; begun_us += round_us) {
    for (const Arrival& row : trace) {
      const double at_us = begun_us + static_cast<double>(row.at_us) * stretch;
      if (at_us >= end_us || result.size() == kArrivalsMax) {
        return result;
      }
      result.push_back({std::llround(at_us), row.input_tokens, row.output_tokens});
    }
  }
  return result;
}

}  // namespace penstock::simulate
