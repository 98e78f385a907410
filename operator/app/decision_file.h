#pragma once

#include <string>
#include <string_view>

#include "lib/net/descriptor.h"
#include "lib/result/result.h"

namespace penstock::control {

// A file that decisions are appended to, a line each, as `replay` reads them. Other programs may
// read it meanwhile. A line that cannot be written is lost; that is logged once, until one can be
// again. What a process that was killed, or a disk that was full, left of a line is ended before
// the next one: it spoils no other.
// Threads: not safe.
class DecisionFile {
 public:
  // kInvalidConfig: it cannot be written.
  Result<void> open(const std::string& path);
  [[nodiscard]] bool is_open() const { return file_.open(); }

  // REQUIRES: is_open(), and no line feed in it.
  void append(std::string_view line);

 private:
  std::string path_;
  net::Descriptor file_;
  bool torn_ = false;  // the last line has no end
  bool fails_ = false;
};

}  // namespace penstock::control
