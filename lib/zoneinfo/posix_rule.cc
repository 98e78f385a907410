#include "lib/zoneinfo/posix_rule.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace penstock::zoneinfo {
namespace {

using std::chrono::days;
using std::chrono::local_days;
using std::chrono::local_seconds;
using std::chrono::seconds;
using std::chrono::sys_seconds;
using std::chrono::year;

// Takes one part after the other from the front of a text; `good` turns false at what does not fit.
class Parts {
 public:
  explicit Parts(std::string_view text) : rest_(text) {}

  bool good = true;

  [[nodiscard]] bool at_end() const { return rest_.empty(); }

  bool take(char c) {
    if (!rest_.starts_with(c)) {
      return false;
    }
    rest_.remove_prefix(1);
    return true;
  }

  void need(char c) { good = take(c) && good; }

  // "CET", "<+03>"
  void name() {
    const bool quoted = take('<');
    const auto is_part = [quoted](char c) {
      const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      return letter || (quoted && ((c >= '0' && c <= '9') || c == '+' || c == '-'));
    };
    const auto length =
        static_cast<std::size_t>(std::ranges::find_if_not(rest_, is_part) - rest_.begin());
    constexpr std::size_t kLeast = 3;
    good = good && length >= kLeast;
    rest_.remove_prefix(length);
    if (quoted) {
      need('>');
    }
  }

  int number(int least, int most) {
    int value = 0;
    const auto read = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    const bool digit = !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9';
    if (!digit || read.ec != std::errc() || value < least || value > most) {
      good = false;
      return least;
    }
    rest_.remove_prefix(static_cast<std::size_t>(read.ptr - rest_.data()));
    return value;
  }

  // "[+-]hh[:mm[:ss]]"
  seconds time() {
    constexpr int kHoursMost = 167;
    const int sign = take('-') ? -1 : 1;
    if (sign > 0) {
      take('+');
    }
    seconds value = std::chrono::hours(number(0, kHoursMost));
    if (take(':')) {
      value += std::chrono::minutes(number(0, 59));
      if (take(':')) {
        value += seconds(number(0, 59));
      }
    }
    return value * sign;
  }

  YearlyMoment moment() {
    YearlyMoment result;
    if (take('M')) {
      result.month = number(1, 12);
      need('.');
      result.week = number(1, 5);
      need('.');
      result.day = number(0, 6);
    } else if (take('J')) {
      result.kind = YearlyMoment::Kind::kJulianDay;
      result.day = number(1, 365);
    } else {
      result.kind = YearlyMoment::Kind::kDayOfTheYear;
      result.day = number(0, 365);
    }
    if (take('/')) {
      result.time = time();
    }
    return result;
  }

 private:
  std::string_view rest_;
};

local_days first_of(year of) {
  return local_days(of / std::chrono::January / 1);
}

}  // namespace

local_seconds YearlyMoment::in(year of) const {
  switch (kind) {
    case Kind::kJulianDay: {
      constexpr int kFebruaryEnds = 59;
      const int leap = of.is_leap() && day > kFebruaryEnds ? 1 : 0;
      return first_of(of) + days(day - 1 + leap) + time;
    }
    case Kind::kDayOfTheYear: return first_of(of) + days(day) + time;
    case Kind::kWeekday: break;
  }
  const auto in_month = of / std::chrono::month(static_cast<unsigned>(month));
  const std::chrono::weekday weekday(static_cast<unsigned>(day));
  constexpr int kLast = 5;
  return (week == kLast ? local_days(in_month / weekday[std::chrono::last])
                        : local_days(in_month / weekday[static_cast<unsigned>(week)])) +
         time;
}

std::optional<PosixRule> PosixRule::parse(std::string_view text) {
  Parts parts(text);
  PosixRule rule;
  parts.name();
  rule.standard = -parts.time();  // POSIX counts to the west
  if (parts.good && !parts.at_end()) {
    parts.name();
    rule.summer = rule.standard + std::chrono::hours(1);
    if (!parts.take(',')) {
      rule.summer = -parts.time();
      parts.need(',');
    }
    rule.summer_begins = parts.moment();
    parts.need(',');
    rule.summer_ends = parts.moment();
  }
  return parts.good && parts.at_end() ? std::optional(rule) : std::nullopt;
}

seconds PosixRule::offset_at(sys_seconds time) const {
  if (!summer) {
    return standard;
  }
  const year of = std::chrono::year_month_day(
                      std::chrono::floor<days>(local_days() + (time + standard - sys_seconds())))
                      .year();
  const auto utc = [](local_seconds local, seconds offset) {
    return sys_seconds(local.time_since_epoch() - offset);
  };
  const sys_seconds begins = utc(summer_begins.in(of), standard);
  const sys_seconds ends = utc(summer_ends.in(of), *summer);
  // South of the equator summer goes on over the turn of the year.
  const bool is_summer =
      begins < ends ? begins <= time && time < ends : time >= begins || time < ends;
  return is_summer ? *summer : standard;
}

}  // namespace penstock::zoneinfo
