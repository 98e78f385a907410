#include "sidecar/request/recent_requests.h"

#include <algorithm>
#include <utility>

namespace penstock::request {

void RecentRequests::add(const RequestRecord& record) {
  const sync::MutexLock lock(mutex_);
  if (ring_.size() < capacity_) {
    ring_.push_back(record);
  } else if (capacity_ > 0) {
    ring_[next_] = record;
    next_ = (next_ + 1) % capacity_;
  }
}

void RecentRequests::resize(std::size_t capacity) {
  const sync::MutexLock lock(mutex_);
  if (capacity == capacity_) {
    return;
  }
  // Oldest first again, so that dropping from the front keeps the newest.
  std::rotate(ring_.begin(), ring_.begin() + static_cast<std::ptrdiff_t>(next_), ring_.end());
  next_ = 0;
  if (ring_.size() > capacity) {
    ring_.erase(ring_.begin(), ring_.end() - static_cast<std::ptrdiff_t>(capacity));
  }
  capacity_ = capacity;
}

void RecentRequests::copy_newest(std::size_t limit, std::vector<RequestRecord>& out) const {
  const sync::MutexLock lock(mutex_);
  const std::size_t count = std::min(limit, ring_.size());
  for (std::size_t back = 1; back <= count; ++back) {
    out.push_back(ring_[(next_ + ring_.size() - back) % ring_.size()]);
  }
}

}  // namespace penstock::request
