#include "tests/bench/forecast/series.h"

#include <charconv>
#include <fstream>
#include <sstream>

namespace penstock {
namespace {

Result<double> number(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return fail(ErrorCode::kInvalidConfig, "'" + text + "' is no number");
  }
  return value;
}

}  // namespace

Result<std::vector<Series>> read_series(const std::string& path) {
  std::ifstream file(path);
  if (!file) {
    return fail(ErrorCode::kInvalidConfig, path + " cannot be read");
  }
  std::vector<Series> all;
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    Series series;
    std::string field;
    std::getline(fields, series.group, ',');
    std::getline(fields, series.name, ',');
    while (std::getline(fields, field, ',')) {
      const Result<double> value = number(field);
      if (!value) {
        return fail(value.error().code, path + ": " + series.name + ": " + value.error().detail);
      }
      if (series.bin.count() == 0) {
        series.bin = std::chrono::seconds(static_cast<std::int64_t>(*value));
      } else {
        series.values.push_back(*value);
      }
    }
    all.push_back(std::move(series));
  }
  return all;
}

}  // namespace penstock
