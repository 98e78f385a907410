#include "lib/zoneinfo/time_zone.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <utility>

namespace penstock::zoneinfo {
namespace {

using std::chrono::local_seconds;
using std::chrono::seconds;
using std::chrono::sys_seconds;

std::int64_t big_endian(std::string_view bytes) {
  std::uint64_t value = (static_cast<unsigned char>(bytes.front()) & 0x80U) != 0 ? ~0ULL : 0;
  for (const char c : bytes) {
    value = value << 8U | static_cast<unsigned char>(c);
  }
  return static_cast<std::int64_t>(value);
}

// Takes bytes from the front; what is missing reads as nothing, and `short_of` turns true.
class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : rest_(bytes) {}

  bool short_of = false;

  std::string_view take(std::size_t count) {
    if (count > rest_.size()) {
      short_of = true;
      count = rest_.size();
    }
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

  std::int64_t number(std::size_t width) {
    const std::string_view taken = take(width);
    return taken.size() == width ? big_endian(taken) : 0;
  }

  [[nodiscard]] std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

struct Header {
  bool good = false;
  char version = 0;
  std::size_t utc_flags = 0;
  std::size_t standard_flags = 0;
  std::size_t leaps = 0;
  std::size_t times = 0;
  std::size_t types = 0;
  std::size_t letters = 0;

  [[nodiscard]] std::size_t block(std::size_t width) const {
    constexpr std::size_t kType = 6;
    return times * (width + 1) + types * kType + letters + leaps * (width + 4) + standard_flags +
           utc_flags;
  }
};

Header read_header(Bytes& bytes) {
  constexpr std::size_t kReserved = 15;
  constexpr std::size_t kNumber = 4;
  Header header;
  header.good = bytes.take(kNumber) == "TZif";
  const std::string_view version = bytes.take(1);
  header.version = version.empty() ? '\0' : version.front();
  bytes.take(kReserved);
  for (std::size_t* count : {&header.utc_flags, &header.standard_flags, &header.leaps,
                             &header.times, &header.types, &header.letters}) {
    const std::int64_t value = bytes.number(kNumber);
    constexpr std::int64_t kMost = 100'000;  // far more than any zone has
    header.good = header.good && value >= 0 && value <= kMost;
    *count = header.good ? static_cast<std::size_t>(value) : 0;
  }
  header.good = header.good && !bytes.short_of;
  return header;
}

std::unexpected<Error> no_zone() {
  return fail(ErrorCode::kInvalidConfig, "is no TZif file of version 2 or later");
}

}  // namespace

Result<TimeZone> TimeZone::parse(std::string_view text) {
  constexpr std::size_t kTime = 8;
  constexpr std::size_t kOffset = 4;
  Bytes bytes(text);
  const Header old = read_header(bytes);
  if (!old.good || old.version < '2') {
    return no_zone();
  }
  bytes.take(old.block(kOffset));  // the same in 32 bits
  const Header header = read_header(bytes);
  if (!header.good || header.types == 0) {
    return no_zone();
  }
  TimeZone zone;
  for (std::size_t i = 0; i < header.times; ++i) {
    zone.changes_.push_back({sys_seconds(seconds(bytes.number(kTime))), seconds(0)});
  }
  const std::string_view chosen = bytes.take(header.times);
  std::vector<seconds> offsets;
  for (std::size_t i = 0; i < header.types; ++i) {
    offsets.emplace_back(bytes.number(kOffset));
    bytes.take(2);  // whether it is summer time, and its name
  }
  if (bytes.short_of) {
    return no_zone();
  }
  zone.before_ = offsets.front();
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    const auto type = static_cast<unsigned char>(chosen[i]);
    if (type >= offsets.size() || (i > 0 && zone.changes_[i].at <= zone.changes_[i - 1].at)) {
      return no_zone();
    }
    zone.changes_[i].offset = offsets[type];
  }
  bytes.take(header.letters + header.leaps * (kTime + kOffset) + header.standard_flags +
             header.utc_flags);
  const std::string_view rest = bytes.rest();
  const std::size_t end = rest.find('\n', 1);
  if (bytes.short_of || !rest.starts_with('\n') || end == std::string_view::npos) {
    return no_zone();
  }
  const std::string_view rule = rest.substr(1, end - 1);
  zone.after_ = PosixRule::parse(rule);
  if (!rule.empty() && !zone.after_) {
    return no_zone();
  }
  return zone;
}

seconds TimeZone::offset_at(sys_seconds time) const {
  const auto later = std::ranges::upper_bound(changes_, time, {}, &Change::at);
  if (later == changes_.end() && after_) {
    return after_->offset_at(time);
  }
  return later == changes_.begin() ? before_ : std::prev(later)->offset;
}

// The moments at which clocks would show a local time by what holds a day before and a day after.
struct TimeZone::Around {
  sys_seconds before;
  sys_seconds after;
  bool shown_before = false;  // they do show it then
  bool shown_after = false;
};

TimeZone::Around TimeZone::around(local_seconds local) const {
  const sys_seconds as_utc(local.time_since_epoch());
  const auto shown_by = [&](seconds offset) { return as_utc - offset; };
  Around found{.before = shown_by(offset_at(as_utc - std::chrono::days(1))),
               .after = shown_by(offset_at(as_utc + std::chrono::days(1)))};
  const auto is_shown = [&](sys_seconds at) { return at + offset_at(at) == as_utc; };
  found.shown_before = is_shown(found.before);
  found.shown_after = is_shown(found.after);
  if (!found.shown_before && !found.shown_after) {
    // Skipped: the change lies between the two.
    sys_seconds low = std::min(found.before, found.after);
    sys_seconds high = std::max(found.before, found.after);
    const seconds old = offset_at(low);
    while (high - low > seconds(1)) {
      const sys_seconds middle = low + (high - low) / 2;
      (offset_at(middle) == old ? low : high) = middle;
    }
    found.before = found.after = high;
  }
  return found;
}

sys_seconds TimeZone::first(local_seconds local) const {
  const Around found = around(local);
  return found.shown_after && !found.shown_before ? found.after : found.before;
}

sys_seconds TimeZone::last(local_seconds local) const {
  const Around found = around(local);
  return found.shown_before && !found.shown_after ? found.before : found.after;
}

}  // namespace penstock::zoneinfo
