#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace penstock::domain {

// What a client has of a server-sent event that is not whole yet: for who has to end its stream in
// the middle of one.
//
// Costs next to nothing where events come whole: only the bytes behind the last blank line are
// kept, up to kBytesMax, and that line is looked for from the end.
//
// Threads: not safe. One belongs to one client's stream.
class UnfinishedEvent {
 public:
  static constexpr std::size_t kBytesMax = std::size_t{256} << 10;

  // What the client gets next, cut anywhere.
  void feed(std::string_view sent);

  // Empty between events. Where it is too_long(), its last two bytes.
  [[nodiscard]] std::string_view bytes() const {
    return tail_ == nullptr ? std::string_view{} : tail_->bytes;
  }
  [[nodiscard]] bool too_long() const { return tail_ != nullptr && tail_->too_long; }

  void clear() { tail_.reset(); }

 private:
  struct Tail {
    std::string bytes;
    bool too_long = false;
  };
  void keep(std::string_view event);

  std::unique_ptr<Tail> tail_;  // null between events: idle streams hold no more than this
};

}  // namespace penstock::domain
