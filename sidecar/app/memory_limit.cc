#include "sidecar/app/memory_limit.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>

namespace penstock::app {
namespace {

constexpr std::uint64_t kBeyondAnyMachine = 1ULL << 60;

std::optional<std::uint64_t> limit_in(const char* path) {
  std::ifstream in(path);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  return memory_limit_of(text.c_str());
}

}  // namespace

std::optional<std::uint64_t> memory_limit_of(const char* text) {
  std::uint64_t bytes = 0;
  const auto [end, error] = std::from_chars(text, text + std::strlen(text), bytes);
  if (error != std::errc() || end == text || bytes == 0 || bytes >= kBeyondAnyMachine) {
    return std::nullopt;
  }
  return bytes;
}

std::optional<std::uint64_t> memory_limit() {
  const auto v2 = limit_in("/sys/fs/cgroup/memory.max");
  return v2 ? v2 : limit_in("/sys/fs/cgroup/memory/memory.limit_in_bytes");
}

std::uint64_t cache_within(std::uint64_t wanted, std::optional<std::uint64_t> limit) {
  return limit ? std::min(wanted, *limit / 3 * 2) : wanted;
}

}  // namespace penstock::app
