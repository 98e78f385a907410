#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <utility>

#include "sidecar/request/request_record.h"

namespace penstock::request {

// One worker's access log: JSON lines in a buffer that is handed on whole. Handing on wakes another
// thread, so it is done seldom: when the buffer is full, and each second.
//
// Threads: the worker's. `hand_on` must not block; what it cannot take it drops and counts. It
// gives an empty buffer back, best one that was used before.
class AccessLog {
 public:
  static constexpr std::size_t kBufferBytes = 64 * 1024;
  using HandOn = std::function<std::string(std::string&&)>;

  void set_output(HandOn hand_on) { hand_on_ = std::move(hand_on); }
  [[nodiscard]] bool enabled() const { return static_cast<bool>(hand_on_); }

  void add(const RequestRecord& record);
  // At least once a second, and before the worker ends.
  void flush();

 private:
  HandOn hand_on_;
  std::string buffer_;
};

}  // namespace penstock::request
