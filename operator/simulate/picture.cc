#include "operator/simulate/picture.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <string_view>
#include <vector>

namespace penstock::simulate {
namespace {

constexpr double kWidth = 1'000;
constexpr double kHeight = 160;
constexpr std::size_t kPointsMax = 2'000;  // of a line: the largest of what lies between

struct Line {
  std::string_view name;
  std::string_view color;
  double (*value)(const Interval& row);
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

std::vector<double> values_of(const Line& line, std::span<const Interval> rows) {
  const std::size_t step = rows.size() / kPointsMax + 1;
  std::vector<double> values;
  for (std::size_t i = 0; i < rows.size(); i += step) {
    double largest = 0;
    for (const Interval& row : rows.subspan(i, std::min(step, rows.size() - i))) {
      largest = std::max(largest, line.value(row));
    }
    values.push_back(largest);
  }
  return values;
}

void append_strip(std::string& page, std::string_view title, std::span<const Line> lines,
                  std::span<const Interval> rows) {
  double most = 1;
  for (const Line& line : lines) {
    for (const Interval& row : rows) {
      most = std::max(most, line.value(row));
    }
  }
  page.append("<h2>").append(title).append(", at most ");
  append(page, most);
  page += "</h2><svg viewBox=\"0 0 1000 160\" preserveAspectRatio=\"none\">";
  for (const Line& line : lines) {
    page.append("<polyline fill=\"none\" stroke-width=\"1.5\" stroke=\"")
        .append(line.color)
        .append("\" points=\"");
    const std::vector<double> values = values_of(line, rows);
    for (std::size_t i = 0; i < values.size(); ++i) {
      append(page, static_cast<double>(i) * kWidth / static_cast<double>(values.size()));
      page += ',';
      append(page, kHeight - values[i] / most * (kHeight - 4));
      page += ' ';
    }
    page += "\"/>";
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
  static constexpr std::array kLoad{
      Line{"requests/s", "#2563eb", [](const Interval& row) { return row.requests_per_s; }}};
  static constexpr std::array kReplicas{
      Line{"asked for", "#9ca3af", [](const Interval& row) { return row.desired; }},
      Line{"serving", "#059669", [](const Interval& row) { return row.ready; }}};
  static constexpr std::array kTrouble{
      Line{"promises missed", "#dc2626",
           [](const Interval& row) { return static_cast<double>(row.missed); }},
      Line{"requests waiting", "#d97706",
           [](const Interval& row) { return static_cast<double>(row.waiting); }}};
  std::string page =
      "<!doctype html><meta charset=\"utf-8\"><title>Penstock simulation</title><style>body{font:"
      "14px system-ui;max-width:1100px;margin:2em auto}svg{width:100%;height:180px;background:"
      "#f8fafc}h2{font-size:1em;margin:1em 0 .3em}</style>\n<h1>";
  page.append(escaped(title)).append("</h1><p>Promise kept for ");
  append(page, run.summary.attainment * 100);
  page += " % of " + std::to_string(run.summary.requests) + " requests, ";
  append(page, run.summary.replica_hours);
  page += " replica-hours, " + std::to_string(run.summary.changes) + " changes.</p>\n";
  append_strip(page, "Load", kLoad, run.intervals);
  append_strip(page, "Replicas", kReplicas, run.intervals);
  append_strip(page, "Trouble in an interval", kTrouble, run.intervals);
  return page;
}

}  // namespace penstock::simulate
