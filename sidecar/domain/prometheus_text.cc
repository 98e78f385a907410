#include "sidecar/domain/prometheus_text.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <system_error>

namespace penstock::domain {
namespace {

// Where the brace is that closes what was opened before `begin`: one in quotes does not.
std::size_t end_of_labels(std::string_view line, std::size_t begin) {
  bool quoted = false;
  for (std::size_t i = begin; i < line.size(); ++i) {
    if (quoted && line[i] == '\\') {
      ++i;
    } else if (line[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && line[i] == '}') {
      return i;
    }
  }
  return std::string_view::npos;
}

}  // namespace

std::optional<PrometheusSample> prometheus_sample(std::string_view line) {
  const std::size_t end = line.find_first_of("{ \t");
  if (end == std::string_view::npos || end == 0 || line.front() == '#') {
    return std::nullopt;
  }
  PrometheusSample sample{.name = line.substr(0, end), .labels = {}, .value = line.substr(end + 1)};
  if (line[end] == '{') {
    const std::size_t close = end_of_labels(line, end + 1);
    if (close == std::string_view::npos) {
      return std::nullopt;
    }
    sample.labels = line.substr(end + 1, close - end - 1);
    sample.value = line.substr(close + 1);
  }
  return sample;
}

std::string_view prometheus_label(std::string_view labels, std::string_view name) {
  while (!labels.empty()) {
    const std::size_t equals = labels.find("=\"");
    if (equals == std::string_view::npos) {
      return {};
    }
    std::string_view key = labels.substr(0, equals);
    key.remove_prefix(std::min(key.find_first_not_of(", "), key.size()));
    labels.remove_prefix(equals + 2);
    std::size_t end = 0;
    while (end < labels.size() && labels[end] != '"') {
      end += labels[end] == '\\' ? 2U : 1U;
    }
    end = std::min(end, labels.size());
    if (key == name) {
      return labels.substr(0, end);
    }
    labels.remove_prefix(std::min(end + 1, labels.size()));
  }
  return {};
}

std::optional<double> prometheus_number(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t+"), text.size()));
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
  const bool ends = text.empty() || text.find_first_of(" \t\r") == 0;
  const bool good = read.ec == std::errc() && ends && value >= 0 && value <= kPrometheusNumberMax;
  return good ? std::optional(value) : std::nullopt;
}

}  // namespace penstock::domain
