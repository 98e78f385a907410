#include <array>
#include <charconv>

#include "lib/json/write.h"
#include "operator/simulate/report.h"

namespace penstock::simulate {
namespace {

void append(std::string& to, double value, char end) {
  std::array<char, 32> digits{};
  const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), value,
                                    std::chars_format::fixed, 3);
  to.append(digits.data(), result.ptr);
  to.push_back(end);
}

}  // namespace

std::string summary_json(const std::string& load, const std::string& autoscaler, double knob,
                         const Summary& summary) {
  json::Value value = {{"load", load}, {"autoscaler", autoscaler}, {"knob", knob}};
  value["summary"] = json::write(summary);
  return value.dump(2) + "\n";
}

std::string intervals_csv(const Outcome& run) {
  std::string text =
      "at_s,requests_per_s,desired,ready,waiting,ended,missed,"
      "forecast_mean_per_s,forecast_quantile_per_s\n";
  for (const Interval& row : run.intervals) {
    append(text, row.at_s, ',');
    append(text, row.requests_per_s, ',');
    append(text, row.desired, ',');
    append(text, row.ready, ',');
    text += std::to_string(row.waiting) + ',' + std::to_string(row.ended) + ',' +
            std::to_string(row.missed) + ',';
    if (row.expected) {
      append(text, row.expected->mean_per_s, ',');
      append(text, row.expected->quantile_per_s, '\n');
    } else {
      text += ",\n";
    }
  }
  return text;
}

}  // namespace penstock::simulate
