#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "lib/zoneinfo/time_zone.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

// Whatever a file says: a local time that clocks show is found again, the first one first.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using std::chrono::local_seconds;
  using std::chrono::seconds;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto zone = penstock::zoneinfo::TimeZone::parse(bytes);
  if (!zone) {
    return 0;
  }
  for (const int year : {1950, 2026, 2100}) {
    const std::chrono::sys_days day(std::chrono::year(year) / 3 / 29);
    const local_seconds local((day + std::chrono::minutes(150)).time_since_epoch());
    if (zone->first(local) > zone->last(local)) {
      std::abort();
    }
  }
  return 0;
}
