#pragma once

#include <optional>
#include <string_view>

// Lines of Prometheus' text format, read tolerantly: no types, no help, no timestamps.
namespace penstock::domain {

// Views into the line.
struct PrometheusSample {
  std::string_view name;
  std::string_view labels;  // between the braces, as written
  std::string_view value;   // and what follows it
};

// nullopt: a comment, or no sample.
[[nodiscard]] std::optional<PrometheusSample> prometheus_sample(std::string_view line);

// A label's text as it is written, escapes and all; empty where there is none.
[[nodiscard]] std::string_view prometheus_label(std::string_view labels, std::string_view name);

// Beyond it a double skips integers.
inline constexpr double kPrometheusNumberMax = 9007199254740992.0;

// The number in front of the next blank or the end, if it can count things: from 0 to
// kPrometheusNumberMax. nullopt for NaN, infinities, and what is no number.
[[nodiscard]] std::optional<double> prometheus_number(std::string_view text);

}  // namespace penstock::domain
