#include "sidecar/http/hold_room.h"

#include <algorithm>

namespace penstock::http {

bool may_wait(const http1::RequestHead& head) {
  const bool reads = head.method == "GET" || head.method == "HEAD" || head.method == "OPTIONS";
  return !reads || head.upgrade_websocket;
}

HoldRoom::Place::Place(HoldRoom& room)
    : room_(room),
      admitted_(room.limits_.waiting.fetch_add(1, std::memory_order_relaxed) <
                room.limits_.requests_max),
      timer_(room.executor_, event_) {
  if (admitted_) {
    in_line_ = room.line_.insert(room.line_.end(), this);
  }
}

HoldRoom::Place::~Place() {
  room_.limits_.waiting.fetch_sub(1, std::memory_order_relaxed);
  if (!admitted_) {
    return;
  }
  const bool first = in_line_ == room_.line_.begin();
  room_.line_.erase(in_line_);
  if (first && !room_.line_.empty()) {
    room_.line_.front()->wake();
  }
}

void HoldRoom::Place::rest(std::chrono::milliseconds at_most) {
  const bool first = in_line_ == room_.line_.begin();
  timer_.arm(first ? std::min(at_most, kKnock) : at_most);
}

}  // namespace penstock::http
