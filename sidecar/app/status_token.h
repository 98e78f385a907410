#pragma once

#include <optional>
#include <string>

#include "lib/result/result.h"

namespace penstock::app {

// The bearer token of the status listener, in a file that may be a mounted Secret's: it is read
// anew each time, so that a rotation needs nobody to watch for it.
//
// Threads: one.
class StatusToken {
 public:
  // No file: there is no token.
  explicit StatusToken(std::string file = {}) : file_(std::move(file)) {}

  // Errors: kInvalidConfig where the file holds none.
  Result<void> read();
  // As the file has it now; the last good one where it holds none, as in the midst of a change.
  const std::optional<std::string>& now();

 private:
  std::string file_;
  std::optional<std::string> token_;
};

}  // namespace penstock::app
