#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace penstock::domain {

// What a client may learn of where its time went; nullopt: that part did not happen or is not known
// yet.
struct ServerTiming {
  using Micros = std::chrono::microseconds;

  std::optional<Micros> queue;
  std::optional<Micros> cache;
  std::optional<Micros> connect;
  std::optional<Micros> first_byte;
  std::optional<Micros>
      total;  // of answers that are here whole: other heads leave before it is known
};

// Appends the value of a Server-Timing header, durations in milliseconds with three decimals:
// "cache;dur=0.012, connect;dur=1.400, first-byte;dur=231.007". Appends nothing when nothing is
// known.
void append_server_timing(std::string& out, const ServerTiming& timing);

}  // namespace penstock::domain
