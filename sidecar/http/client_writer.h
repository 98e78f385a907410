#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <sys/uio.h>

#include "lib/net/connection.h"
#include "lib/task/task.h"

namespace penstock::http {

// Writes to one connection: at once what the kernel takes, the rest from a buffer of its own, or
// from where it lies where that lasts.
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

  // `lasting` lies where it does until it is written, or dropped, whatever a slow reader takes for
  // it: no copy is made.
  Result write_lasting(std::string_view head, std::string_view lasting) noexcept;
  // What is not written never will be.
  void drop_rest() noexcept { rest_.reset(); }

  // Sends the rest. False: broken, cancelled or closed.
  Task<bool> drain();
  // As much of it as the kernel takes now. REQUIRES: blocked().
  net::Io send_rest() noexcept;

  [[nodiscard]] bool blocked() const { return rest_ != nullptr; }

 private:
  // What a slow client has not taken: `own` from `sent` on, then `lasting`.
  struct Rest {
    std::string own;
    std::size_t sent = 0;
    std::string_view lasting;
  };

  Result write_pieces(std::span<iovec> pieces, bool last_one_lasts) noexcept;
  void keep(std::span<const iovec> pieces, std::size_t skip, bool last_one_lasts) noexcept;

  net::Connection& connection_;
  std::unique_ptr<Rest> rest_;  // while there is any
};

}  // namespace penstock::http
