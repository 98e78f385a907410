#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/net/connection.h"
#include "lib/task/task.h"

namespace penstock::http {

// Writes to one connection: at once what the kernel takes, the rest from a buffer of its own.
//
// After a write that blocked, whoever writes waits for drain(), so that the buffer holds one
// write's rest; what cannot wait, as what follows an interim response, is kept behind it.
class ClientWriter {
 public:
  explicit ClientWriter(net::Connection& connection) : connection_(connection) {}

  enum class Result : std::uint8_t { kWritten, kBlocked, kBroken };

  // Up to four pieces as one system call.
  Result write(std::string_view a, std::string_view b = {}, std::string_view c = {},
               std::string_view d = {}) noexcept;

  // Sends the rest. False: broken, cancelled or closed.
  Task<bool> drain();
  // As much of it as the kernel takes now. REQUIRES: blocked().
  net::Io send_rest() noexcept;

  [[nodiscard]] bool blocked() const { return sent_ < rest_.size(); }

 private:
  net::Connection& connection_;
  std::string rest_;
  std::size_t sent_ = 0;
};

}  // namespace penstock::http
