#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <coroutine>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

#include "lib/net/io_context.h"

namespace penstock::net {

using Endpoint = boost::asio::ip::tcp::endpoint;
using Endpoints = std::shared_ptr<const std::vector<Endpoint>>;

// Name to addresses on one thread of its own, so that no worker ever blocks in getaddrinfo.
//
// An answer is served for kFresh; after that the old one goes on being served while a new look-up
// runs, and a failing look-up keeps the last good answer. Address literals never reach the thread.
// Threads: resolve() from any worker; the answer comes back on that worker. Bounded: kNames names;
// past that the table starts anew.
class Resolver {
 public:
  static constexpr std::chrono::seconds kFresh{30};
  static constexpr std::size_t kNames = 1024;

  Resolver();
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  class Awaiter {
   public:
    Awaiter(Resolver& resolver, Executor worker, const std::string& host, std::uint16_t port);
    bool await_ready();
    void await_suspend(std::coroutine_handle<> waiting);
    // Empty pointer: the name has no address (or none could be asked for).
    Endpoints await_resume() { return std::move(answer_); }

   private:
    friend class Resolver;
    Resolver& resolver_;
    Executor worker_;
    std::string host_;
    std::uint16_t port_;
    Endpoints answer_;
    std::coroutine_handle<> waiting_;
  };
  // The awaiting coroutine must live until the answer comes; getaddrinfo's own time limits bound
  // that.
  [[nodiscard]] Awaiter resolve(Executor worker, const std::string& host, std::uint16_t port) {
    return {*this, worker, host, port};
  }

 private:
  struct Name {
    Endpoints answer;  // port 0
    std::chrono::steady_clock::time_point fresh_until;
    bool running = false;
    std::vector<Awaiter*> waiting;
  };

  void run();
  void finish(const std::string& host, Endpoints answer);

  std::mutex mutex_;
  std::condition_variable wake_;
  std::map<std::string, Name, std::less<>> names_;
  std::deque<std::string> queue_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace penstock::net
