#include "sidecar/http/client_writer.h"

#include <algorithm>
#include <array>

namespace penstock::http {
namespace {

constexpr std::size_t kGatheredMax = 4096;

void gather(std::span<const iovec> pieces, char* to) {
  for (const iovec& piece : pieces) {
    to = std::copy_n(static_cast<const char*>(piece.iov_base), piece.iov_len, to);
  }
}

std::string_view text_of(const iovec& piece) {
  return {static_cast<const char*>(piece.iov_base), piece.iov_len};
}

// Those that are not empty, in front. sendmsg and SSL_write only read what iov_base points at.
std::span<iovec> pieces_of(std::span<const std::string_view> texts, std::span<iovec> into) {
  std::size_t count = 0;
  for (const std::string_view text : texts) {
    if (!text.empty()) {
      into[count++] = {const_cast<char*>(text.data()), text.size()};
    }
  }
  return into.first(count);
}

}  // namespace

ClientWriter::Result ClientWriter::write(std::string_view a, std::string_view b, std::string_view c,
                                         std::string_view d) noexcept {
  std::array<iovec, 4> room;
  const std::array texts = {a, b, c, d};
  return write_pieces(pieces_of(texts, room), /*last_one_lasts=*/false);
}

ClientWriter::Result ClientWriter::write_lasting(std::string_view head,
                                                 std::string_view lasting) noexcept {
  std::array<iovec, 2> room;
  const std::array texts = {head, lasting};
  return write_pieces(pieces_of(texts, room), !lasting.empty());
}

ClientWriter::Result ClientWriter::write_pieces(std::span<iovec> pieces,
                                                bool last_one_lasts) noexcept {
  std::size_t total = 0;
  for (const iovec& piece : pieces) {
    total += piece.iov_len;
  }
  if (total == 0) {
    return blocked() ? Result::kBlocked : Result::kWritten;
  }
  if (blocked()) {
    keep(pieces, 0, last_one_lasts);
    return Result::kBlocked;
  }
  if (const std::span<char> room = connection_.write_later(total); !room.empty()) {
    gather(pieces, room.data());
    return Result::kWritten;
  }
  // One small piece costs the kernel less than several, and TLS one record instead of several.
  std::array<char, kGatheredMax> gathered;
  if (pieces.size() > 1 && total <= gathered.size()) {
    gather(pieces, gathered.data());
    pieces.front() = {gathered.data(), total};
    pieces = pieces.first(1);
    last_one_lasts = false;
  }
  const net::Io io = connection_.write_some(pieces);
  if (io.state == net::IoState::kBroken) {
    return Result::kBroken;
  }
  if (io.bytes == total) {
    return Result::kWritten;
  }
  keep(pieces, io.bytes, last_one_lasts);
  return Result::kBlocked;
}

// Of `pieces` the first `skip` bytes are written.
void ClientWriter::keep(std::span<const iovec> pieces, std::size_t skip,
                        bool last_one_lasts) noexcept {
  if (rest_ == nullptr) {
    rest_ = std::make_unique<Rest>();
  }
  rest_->own.append(rest_->lasting);  // it comes before these
  rest_->lasting = {};
  for (const iovec& piece : pieces) {
    const std::size_t skipped = std::min(skip, piece.iov_len);
    const std::string_view text = text_of(piece).substr(skipped);
    skip -= skipped;
    if (last_one_lasts && &piece == &pieces.back()) {
      rest_->lasting = text;
    } else {
      rest_->own.append(text);
    }
  }
}

net::Io ClientWriter::send_rest() noexcept {
  const std::string_view own = std::string_view(rest_->own).substr(rest_->sent);
  std::array<iovec, 2> room;
  const std::array texts = {own, rest_->lasting};
  const net::Io io = connection_.write_some(pieces_of(texts, room));
  const std::size_t of_own = std::min(io.bytes, own.size());
  rest_->sent += of_own;
  rest_->lasting.remove_prefix(io.bytes - of_own);
  if (of_own == own.size() && rest_->lasting.empty()) {
    drop_rest();
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
