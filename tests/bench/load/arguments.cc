#include "tests/bench/load/arguments.h"

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace penstock::bench {

Arguments::Arguments(int count, char** values) {
  for (int i = 2; i + 1 < count; i += 2) {
    const std::string_view name = values[i];
    if (!name.starts_with("--")) {
      give_up("expected --name value, got " + std::string(name));
    }
    values_[std::string(name.substr(2))] = values[i + 1];
  }
}

std::int64_t Arguments::number(std::string_view name) const {
  const std::string value = text(name);
  std::int64_t result = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), result);
  if (error != std::errc() || end != value.data() + value.size()) {
    give_up("--" + std::string(name) + " is no number: " + value);
  }
  return result;
}

std::string Arguments::text(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) {
    give_up("--" + std::string(name) + " is missing");
  }
  return found->second;
}

void give_up(const std::string& why) {
  std::fputs(("penstock-load: " + why + "\n").c_str(), stderr);
  std::_Exit(1);
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    give_up("cannot read " + path);
  }
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace penstock::bench
