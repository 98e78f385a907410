#include "lib/net/deadlines.h"

namespace penstock::net {

void Deadline::disarm() noexcept {
  if (next_ == nullptr) {
    return;
  }
  next_->previous_ = previous_;
  previous_->next_ = next_;
  next_ = nullptr;
  previous_ = nullptr;
}

DeadlineWheel::DeadlineWheel() {
  for (Deadline& head : slots_) {
    head.next_ = &head;
    head.previous_ = &head;
  }
}

void DeadlineWheel::arm(Deadline& deadline, std::chrono::milliseconds delay) noexcept {
  deadline.disarm();
  const auto ticks = delay.count() <= 0 ? 0 : (delay.count() + kTick.count() - 1) / kTick.count();
  // One tick more: the running tick is partly over already, and a deadline is never early.
  deadline.due_tick_ = now_tick_ + static_cast<std::uint64_t>(ticks) + 1;
  link(deadline);
}

void DeadlineWheel::link(Deadline& deadline) noexcept {
  Deadline& head = slots_[deadline.due_tick_ % kSlots];
  deadline.next_ = &head;
  deadline.previous_ = head.previous_;
  head.previous_->next_ = &deadline;
  head.previous_ = &deadline;
}

void DeadlineWheel::tick() noexcept {
  ++now_tick_;
  Deadline& head = slots_[now_tick_ % kSlots];
  // Taken over into a list of our own first: what a called function arms for the same slot is not
  // looked at now.
  Deadline due;
  if (head.next_ == &head) {
    return;
  }
  due.next_ = head.next_;
  due.previous_ = head.previous_;
  due.next_->previous_ = &due;
  due.previous_->next_ = &due;
  head.next_ = &head;
  head.previous_ = &head;
  while (due.next_ != &due) {
    Deadline& deadline = *due.next_;
    deadline.disarm();
    if (deadline.due_tick_ > now_tick_) {
      link(deadline);
      continue;
    }
    deadline.expired_(deadline.argument_);
  }
  due.next_ = nullptr;
}

}  // namespace penstock::net
