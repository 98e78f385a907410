#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "lib/net/connection.h"
#include "lib/net/deadlines.h"
#include "lib/net/dial.h"
#include "lib/task/task.h"

namespace penstock::http {

// Where a page is, over plain HTTP.
struct PageAddress {
  std::string host;  // name or address literal, without brackets
  std::uint16_t port = 0;
  std::string path;
  bool operator==(const PageAddress&) const = default;
};

struct Page {
  int status = 0;  // 0: no whole answer came
  std::string body;
};

// GETs a page of at most kBodyBytesMax, over a connection of its own each time.
//
// Threads: one event loop. One get() at a time; cancel() at any time makes it end soon, with status
// 0. Life: outlives the task that get() gives.
class PageFetch {
 public:
  static constexpr std::size_t kBodyBytesMax = 1ULL << 20;

  PageFetch(net::Reactor& reactor, net::DeadlineWheel& wheel, net::Resolver& resolver);
  PageFetch(const PageFetch&) = delete;
  PageFetch& operator=(const PageFetch&) = delete;

  // `within`: for the connection, and once more for the answer.
  Task<Page> get(PageAddress from, std::chrono::milliseconds within);
  void cancel();

 private:
  Task<Page> exchange(const PageAddress& from);

  net::Reactor& reactor_;
  net::DeadlineWheel& wheel_;
  net::Resolver& resolver_;
  net::Deadline deadline_;
  net::Dial* dial_ = nullptr;
  std::unique_ptr<net::Connection> connection_;
};

}  // namespace penstock::http
