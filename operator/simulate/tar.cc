#include "operator/simulate/tar.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <utility>

namespace penstock::simulate {
namespace {

constexpr std::size_t kBlock = 512;

std::string_view field(std::string_view header, std::size_t begin, std::size_t length) {
  const std::string_view all = header.substr(begin, length);
  return all.substr(0, all.find('\0'));
}

}  // namespace

Result<std::vector<TarFile>> read_tar(std::string_view archive) {
  std::vector<TarFile> files;
  while (archive.size() >= kBlock && archive.front() != '\0') {
    const std::string_view header = archive.substr(0, kBlock);
    archive.remove_prefix(kBlock);
    std::string_view digits = field(header, 124, 12);
    while (digits.ends_with(' ')) {
      digits.remove_suffix(1);
    }
    std::size_t size = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), size, 8);
    if (error != std::errc() || end != digits.data() + digits.size() || size > archive.size()) {
      return fail(ErrorCode::kInvalidConfig, "is no tar archive, or not a whole one");
    }
    const char type = header[156];
    if (type == '0' || type == '\0') {
      const std::string_view prefix =
          header.substr(257, 5) == "ustar" && header[263] == '0' ? field(header, 345, 155) : "";
      std::string name(prefix);
      name.append(prefix.empty() ? "" : "/").append(field(header, 0, 100));
      files.push_back({.name = std::move(name), .content = archive.substr(0, size)});
    }
    archive.remove_prefix(std::min(archive.size(), (size + kBlock - 1) / kBlock * kBlock));
  }
  return files;
}

}  // namespace penstock::simulate
