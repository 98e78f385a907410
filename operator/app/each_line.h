#pragma once

#include <cstddef>
#include <fstream>
#include <functional>
#include <string>

namespace penstock::control {

// Calls `take` with "path:number" and the text of each line of a file. False: it cannot be read.
inline bool each_line(
    const std::string& path,
    const std::function<void(const std::string& place, const std::string& line)>& take) {
  std::ifstream in(path, std::ios::binary);
  std::string line;
  for (std::size_t number = 1; std::getline(in, line); ++number) {
    take(path + ":" + std::to_string(number), line);
  }
  return in.eof();
}

}  // namespace penstock::control
