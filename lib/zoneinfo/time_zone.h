#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "lib/result/result.h"
#include "lib/zoneinfo/posix_rule.h"

namespace penstock::zoneinfo {

// What the clocks of a place show. A plain value.
class TimeZone {
 public:
  // UTC
  TimeZone() = default;

  // The bytes of a TZif file of version 2 or later. kInvalidConfig: they are none.
  static Result<TimeZone> parse(std::string_view bytes);

  // How far clocks are ahead of UTC.
  [[nodiscard]] std::chrono::seconds offset_at(std::chrono::sys_seconds time) const;

  // When clocks show `local`. When they show it twice, as they are set back, the first and the last
  // time; when they never do, as they are set forward, the moment of that.
  [[nodiscard]] std::chrono::sys_seconds first(std::chrono::local_seconds local) const;
  [[nodiscard]] std::chrono::sys_seconds last(std::chrono::local_seconds local) const;

 private:
  struct Change {
    std::chrono::sys_seconds at;
    std::chrono::seconds offset;  // from there on
  };
  struct Around;

  [[nodiscard]] Around around(std::chrono::local_seconds local) const;

  std::chrono::seconds before_{0};  // the first change
  std::vector<Change> changes_;     // ascending
  std::optional<PosixRule> after_;  // the last one
};

}  // namespace penstock::zoneinfo
