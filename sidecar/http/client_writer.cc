#include "sidecar/http/client_writer.h"

#include <algorithm>
#include <span>

#include "sidecar/domain/free_memory.h"

namespace penstock::http {
namespace {

constexpr std::size_t kGatheredMax = 4096;

void gather(std::span<const iovec> pieces, char* to) {
  for (const iovec& piece : pieces) {
    to = std::copy_n(static_cast<const char*>(piece.iov_base), piece.iov_len, to);
  }
}

}  // namespace

ClientWriter::Result ClientWriter::write(std::string_view a, std::string_view b, std::string_view c,
                                         std::string_view d) noexcept {
  std::array<iovec, 4> pieces;
  std::size_t count = 0;
  std::size_t total = 0;
  for (const std::string_view piece : {a, b, c, d}) {
    if (!piece.empty()) {
      // sendmsg and SSL_write only read what iov_base points at.
      pieces[count++] = {const_cast<char*>(piece.data()), piece.size()};
      total += piece.size();
    }
  }
  if (total == 0) {
    return blocked() ? Result::kBlocked : Result::kWritten;
  }
  if (blocked()) {
    for (const iovec& piece : std::span(pieces).first(count)) {
      rest_.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
    }
    return Result::kBlocked;
  }
  if (const std::span<char> room = connection_.write_later(total); !room.empty()) {
    gather(std::span(pieces).first(count), room.data());
    return Result::kWritten;
  }
  // One small piece costs the kernel less than several, and TLS one record instead of several.
  std::array<char, kGatheredMax> gathered;
  if (count > 1 && total <= gathered.size()) {
    gather(std::span(pieces).first(count), gathered.data());
    pieces.front() = {gathered.data(), total};
    count = 1;
  }
  const net::Io io = connection_.write_some(std::span(pieces).first(count));
  if (io.state == net::IoState::kBroken) {
    return Result::kBroken;
  }
  if (io.bytes == total) {
    return Result::kWritten;
  }
  rest_.clear();
  sent_ = 0;
  std::size_t skip = io.bytes;
  for (const iovec& piece : std::span(pieces).first(count)) {
    const std::size_t skipped = std::min(skip, piece.iov_len);
    rest_.append(static_cast<const char*>(piece.iov_base) + skipped, piece.iov_len - skipped);
    skip -= skipped;
  }
  return Result::kBlocked;
}

net::Io ClientWriter::send_rest() noexcept {
  const iovec piece{rest_.data() + sent_, rest_.size() - sent_};
  const net::Io io = connection_.write_some(std::span(&piece, 1));
  sent_ += io.bytes;
  if (!blocked()) {
    domain::free_memory(rest_);  // a slow client's buffer does not stay with a fast connection
    sent_ = 0;
  }
  return io;
}

Task<bool> ClientWriter::drain() {
  while (blocked()) {
    const bool woken = co_await connection_.writable();
    if (!woken || send_rest().state == net::IoState::kBroken) {
      co_return false;
    }
  }
  co_return true;
}

}  // namespace penstock::http
