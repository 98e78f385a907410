#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace penstock::bench {

// `--name value` pairs after the subcommand. A missing or malformed one ends the program with a
// message: this is a tool of the bench harness, which always gives all of them.
class Arguments {
 public:
  Arguments(int count, char** values);

  [[nodiscard]] std::int64_t number(std::string_view name) const;
  [[nodiscard]] std::string text(std::string_view name) const;

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

// Prints the message and ends the program with status 1.
[[noreturn]] void give_up(const std::string& why);

// The whole file; gives up when it cannot be read.
std::string read_file(const std::string& path);

}  // namespace penstock::bench
