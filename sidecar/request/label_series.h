#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/telemetry/registry.h"

namespace penstock::request {

// The series of a family with one label whose values are few (reasons, backends), found by a look
// at each: for a handful of short words that beats hashing, and the registry's mutex is taken once
// a value only.
//
// Threads: not safe; belongs to one worker.
class LabelSeries {
 public:
  LabelSeries(telemetry::Registry& registry, telemetry::Family family)
      : registry_(&registry), family_(family) {}

  telemetry::Series find(std::string_view value) {
    for (const auto& [known, series] : known_) {
      if (known == value) {
        return series;
      }
    }
    const std::string text(value);
    const telemetry::Series series = registry_->series(family_, {text});
    if (known_.size() < kRemembered) {
      known_.emplace_back(text, series);
    }
    return series;
  }

 private:
  static constexpr std::size_t kRemembered = 64;

  telemetry::Registry* registry_;
  telemetry::Family family_;
  std::vector<std::pair<std::string, telemetry::Series>> known_;
};

}  // namespace penstock::request
