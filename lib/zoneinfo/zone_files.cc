#include "lib/zoneinfo/zone_files.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

namespace penstock::zoneinfo {
namespace {

// No way out of the folder, and none of the tables that lie beside the zones, which have a point.
bool is_name(const std::string& name) {
  return !name.empty() && name.front() != '/' && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '+' || c == '-' || c == '/';
  });
}

}  // namespace

std::shared_ptr<const TimeZone> load_zone(const std::string& name) {
  return load_zone_from("/usr/share/zoneinfo", name);
}

std::shared_ptr<const TimeZone> load_zone_from(const std::string& folder, const std::string& name) {
  if (name == "UTC") {
    return std::make_shared<const TimeZone>();
  }
  const std::filesystem::path path = std::filesystem::path(folder) / name;
  std::error_code error;
  if (!is_name(name) || !std::filesystem::is_regular_file(path, error)) {
    return nullptr;
  }
  constexpr std::size_t kMost = 256 * 1024;
  std::string bytes(kMost, '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  Result<TimeZone> zone = TimeZone::parse(bytes);
  return zone ? std::make_shared<const TimeZone>(*std::move(zone)) : nullptr;
}

}  // namespace penstock::zoneinfo
