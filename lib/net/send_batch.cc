#include "lib/net/send_batch.h"

#include "lib/net/connection.h"

namespace penstock::net {

SendBatch::SendBatch()
    : bytes_(std::make_unique_for_overwrite<char[]>(kManyWrites * kWriteBytesMax)) {}

std::span<char> SendBatch::add(Connection& connection, std::size_t size) noexcept {
  const bool goes_on = count_ > 0 && writes_[count_ - 1].connection == &connection;
  if (size_ + size > writes_max_ * kWriteBytesMax || (!goes_on && count_ == writes_max_)) {
    flush();
  }
  if (count_ > 0 && writes_[count_ - 1].connection == &connection) {
    writes_[count_ - 1].size += size;
  } else {
    writes_[count_++] = {.connection = &connection, .size = size};
  }
  const std::span<char> room(bytes_.get() + size_, size);
  size_ += size;
  return room;
}

void SendBatch::flush() noexcept {
  const char* at = bytes_.get();
  for (const Write& write : std::span(writes_).first(count_)) {
    write.connection->send_collected({at, write.size});
    at += write.size;
  }
  count_ = 0;
  size_ = 0;
}

}  // namespace penstock::net
