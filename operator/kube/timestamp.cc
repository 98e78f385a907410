#include "operator/kube/timestamp.h"

#include <chrono>
#include <cstdint>

namespace penstock::kube {
namespace {

std::string padded(std::int64_t number, std::size_t digits) {
  const std::string text = std::to_string(number);
  return std::string(digits - text.size(), '0') + text;
}

std::string to_seconds(clock::WallTime time) {
  using std::chrono::seconds;
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<seconds>(time - day));
  return padded(static_cast<int>(date.year()), 4) + "-" +
         padded(static_cast<unsigned>(date.month()), 2) + "-" +
         padded(static_cast<unsigned>(date.day()), 2) + "T" + padded(clock.hours().count(), 2) +
         ":" + padded(clock.minutes().count(), 2) + ":" + padded(clock.seconds().count(), 2);
}

}  // namespace

std::string timestamp(clock::WallTime time) {
  return to_seconds(time) + "Z";
}

std::string timestamp_micros(clock::WallTime time) {
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(time - second);
  return to_seconds(time) + "." + padded(micros.count(), 6) + "Z";
}

}  // namespace penstock::kube
