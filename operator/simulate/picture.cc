#include "operator/simulate/picture.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace penstock::simulate {
namespace {

constexpr double kWidth = 1'000;
constexpr double kHeight = 160;
constexpr std::size_t kPointsMax = 2'000;  // of a line: the largest of what lies between

// nullopt: there is none for this interval.
using Value = std::optional<double>;
using ValueOf = Value (*)(const Interval& row);

struct Line {
  std::string_view name;
  std::string_view color;
  ValueOf value;
  ValueOf band_to = nullptr;  // what lies between is filled; nullptr: nothing
};

void append(std::string& to, double value) {
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value,
                                 std::chars_format::fixed, 1);
  to.append(digits.data(), end.ptr);
}

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '<': result += "&lt;"; break;
      case '>': result += "&gt;"; break;
      case '&': result += "&amp;"; break;
      default: result += c;
    }
  }
  return result;
}

Value larger(const Value& one, const Value& other) {
  return one && other ? std::max(*one, *other) : one ? one : other;
}

std::vector<Value> values_of(ValueOf value, std::span<const Interval> rows) {
  const std::size_t step = rows.size() / kPointsMax + 1;
  std::vector<Value> values;
  for (std::size_t i = 0; i < rows.size(); i += step) {
    Value largest;
    for (const Interval& row : rows.subspan(i, std::min(step, rows.size() - i))) {
      largest = larger(largest, value(row));
    }
    values.push_back(largest);
  }
  return values;
}

double most_of(std::span<const Line> lines, std::span<const Interval> rows) {
  double most = 1;
  for (const Line& line : lines) {
    for (const ValueOf value : {line.value, line.band_to}) {
      for (const Interval& row : rows) {
        most = std::max(most, value != nullptr ? value(row).value_or(0) : 0);
      }
    }
  }
  return most;
}

// The points of a curve are so many; this is one of them.
struct Scale {
  std::size_t points = 1;
  double most = 1;

  [[nodiscard]] std::string point(std::size_t index, double value) const {
    std::string text;
    append(text, static_cast<double>(index) * kWidth / static_cast<double>(points));
    text += ',';
    append(text, kHeight - value / most * (kHeight - 4));
    return text + ' ';
  }
};

void append_shape(std::string& page, std::string_view shape, std::string_view color,
                  std::string_view points) {
  page.append("<").append(shape).append(color).append("\" points=\"");
  page.append(points).append("\"/>");
}

// A line has a gap where there is no value.
void append_line(std::string& page, const Line& line, std::span<const Interval> rows, double most) {
  const std::vector<Value> values = values_of(line.value, rows);
  const std::vector<Value> upper = values_of(line.band_to ? line.band_to : line.value, rows);
  const Scale scale{.points = values.size(), .most = most};
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::string points;
    std::string back;  // along the upper end of the band
    for (; i < values.size() && values[i]; ++i) {
      points += scale.point(i, *values[i]);
      back = scale.point(i, *upper[i]) + back;
    }
    if (!points.empty() && line.band_to != nullptr) {
      append_shape(page, "polygon fill-opacity=\"0.2\" fill=\"", line.color, points + back);
    }
    if (!points.empty()) {
      append_shape(page, "polyline fill=\"none\" stroke-width=\"1.5\" stroke=\"", line.color,
                   points);
    }
  }
}

void append_strip(std::string& page, std::string_view title, std::span<const Line> lines,
                  std::span<const Interval> rows) {
  const double most = most_of(lines, rows);
  page.append("<h2>").append(title).append(", at most ");
  append(page, most);
  page += "</h2><svg viewBox=\"0 0 1000 160\" preserveAspectRatio=\"none\">";
  for (const Line& line : lines) {
    append_line(page, line, rows, most);
  }
  page += "</svg><p>";
  for (const Line& line : lines) {
    page.append("<span style=\"color:").append(line.color).append("\">&#9632; ");
    page.append(line.name).append("</span> ");
  }
  page += "</p>\n";
}

}  // namespace

std::string picture_html(const std::string& title, const Outcome& run) {
  // The forecast comes first: what came is drawn over it.
  static constexpr std::array kLoad{
      Line{"forecast for then, from its mean to the quantile that is acted on", "#a855f7",
           [](const Interval& row) {
             return row.expected ? Value(row.expected->mean_per_s) : std::nullopt;
           },
           [](const Interval& row) {
             return row.expected ? Value(row.expected->quantile_per_s) : std::nullopt;
           }},
      Line{"requests/s", "#2563eb", [](const Interval& row) { return Value(row.requests_per_s); }}};
  static constexpr std::array kReplicas{
      Line{"asked for", "#9ca3af", [](const Interval& row) { return Value(row.desired); }},
      Line{"serving", "#059669", [](const Interval& row) { return Value(row.ready); }}};
  static constexpr std::array kTrouble{
      Line{"promises missed", "#dc2626",
           [](const Interval& row) { return Value(static_cast<double>(row.missed)); }},
      Line{"requests waiting", "#d97706",
           [](const Interval& row) { return Value(static_cast<double>(row.waiting)); }}};
  const bool forecasts = std::ranges::any_of(
      run.intervals, [](const Interval& row) { return row.expected.has_value(); });
  std::string page =
      "<!doctype html><meta charset=\"utf-8\"><title>Penstock simulation</title><style>body{font:"
      "14px system-ui;max-width:1100px;margin:2em auto}svg{width:100%;height:180px;background:"
      "#f8fafc}h2{font-size:1em;margin:1em 0 .3em}</style>\n<h1>";
  page.append(escaped(title)).append("</h1><p>Promise kept for ");
  append(page, run.summary.attainment * 100);
  page += " % of " + std::to_string(run.summary.requests) + " requests, ";
  append(page, run.summary.replica_hours);
  page += " replica-hours, " + std::to_string(run.summary.changes) + " changes.</p>\n";
  append_strip(page, "Load", std::span(kLoad).subspan(forecasts ? 0 : 1), run.intervals);
  append_strip(page, "Replicas", kReplicas, run.intervals);
  append_strip(page, "Trouble in an interval", kTrouble, run.intervals);
  return page;
}

}  // namespace penstock::simulate
