#pragma once

#include <memory>
#include <string>

#include "lib/zoneinfo/time_zone.h"

namespace penstock::zoneinfo {

// A zone by its name in /usr/share/zoneinfo ("Europe/Berlin"); nullptr: there is none of that
// name. "UTC" is known without a database. Reads a file each time.
std::shared_ptr<const TimeZone> load_zone(const std::string& name);

// The same, of another folder.
std::shared_ptr<const TimeZone> load_zone_from(const std::string& folder, const std::string& name);

}  // namespace penstock::zoneinfo
