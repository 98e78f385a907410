#pragma once

#include <cstddef>
#include <vector>

#include "lib/sync/mutex.h"
#include "sidecar/request/request_record.h"

namespace penstock::request {

// The last requests of one worker, for /api/requests.
//
// Threads: the worker adds, the admin thread reads. Both hold the mutex for copying only: adding is
// one copy of a record; a reader never makes the worker wait longer than copying `capacity` records
// takes (about 10 us for 200).
class RecentRequests {
 public:
  // Memory grows with the first `capacity` requests (about 0.8 KB each). 0 keeps nothing.
  explicit RecentRequests(std::size_t capacity) : capacity_(capacity) {}

  void add(const RequestRecord& record) PENSTOCK_EXCLUDES(mutex_);

  // A new policy may keep more or fewer; the newest stay.
  void resize(std::size_t capacity) PENSTOCK_EXCLUDES(mutex_);

  // Appends the newest `limit` records to `out`, newest first.
  void copy_newest(std::size_t limit, std::vector<RequestRecord>& out) const
      PENSTOCK_EXCLUDES(mutex_);

 private:
  mutable sync::Mutex mutex_;
  std::size_t capacity_ PENSTOCK_GUARDED_BY(mutex_);
  std::vector<RequestRecord> ring_ PENSTOCK_GUARDED_BY(mutex_);
  std::size_t next_ PENSTOCK_GUARDED_BY(mutex_) =
      0;  // where the next one goes once the ring is full
};

}  // namespace penstock::request
