#include "sidecar/domain/server_timing.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string_view>

namespace penstock::domain {
namespace {

void append_milliseconds(std::string& out, ServerTiming::Micros duration) {
  const std::int64_t micros = std::max<std::int64_t>(duration.count(), 0);
  std::array<char, 24> digits{};
  const auto written = std::to_chars(digits.begin(), digits.end(), micros / 1000);
  out.append(digits.begin(), written.ptr);
  const auto rest = static_cast<int>(micros % 1000);
  out += '.';
  out += static_cast<char>('0' + rest / 100);
  out += static_cast<char>('0' + rest / 10 % 10);
  out += static_cast<char>('0' + rest % 10);
}

}  // namespace

void append_server_timing(std::string& out, const ServerTiming& timing) {
  bool first = true;
  const auto part = [&](std::string_view name, std::optional<ServerTiming::Micros> duration) {
    if (!duration) {
      return;
    }
    out += first ? "" : ", ";
    out += name;
    append_milliseconds(out, *duration);
    first = false;
  };
  part("queue;dur=", timing.queue);
  part("cache;dur=", timing.cache);
  part("connect;dur=", timing.connect);
  part("first-byte;dur=", timing.first_byte);
  part("total;dur=", timing.total);
}

}  // namespace penstock::domain
