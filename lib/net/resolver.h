#pragma once

#include <chrono>
#include <coroutine>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

#include "lib/clock/clock.h"
#include "lib/net/io_context.h"
#include "lib/sync/mutex.h"

namespace penstock::net {

using Endpoint = boost::asio::ip::tcp::endpoint;
using Endpoints = std::shared_ptr<const std::vector<Endpoint>>;

// Name to addresses on threads of its own, so that no worker ever blocks in getaddrinfo.
//
// An answer is served for kFresh; after that the old one goes on being served while a new look-up
// runs, and a failing look-up keeps the last good answer. Address literals never reach a thread.
// Look-ups of different names run side by side, so that up to kThreads - 1 that hang hold up no
// other; the destructor waits for those that run.
//
// Threads: resolve() from any worker; the answer comes back on that worker. Bounded: kThreads
// look-ups at once, further names wait in line; kNames names, past that those that nobody looks up
// are forgotten.
class Resolver {
 public:
  static constexpr std::chrono::seconds kFresh{30};
  static constexpr std::size_t kNames = 1024;
  static constexpr std::size_t kThreads = 4;

  // The addresses of a host, with port 0; nullptr: none. Blocks; called on several threads at once.
  using LookUp = std::function<Endpoints(const std::string& host)>;

  Resolver();  // the system's names
  // `clock` outlives the resolver.
  Resolver(LookUp look_up, const clock::Clock& clock);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // One wait for an answer. May be destroyed at any time once the worker runs nothing more.
  class Awaiter {
   public:
    Awaiter(Resolver& resolver, Executor worker, const std::string& host, std::uint16_t port);
    ~Awaiter();
    Awaiter(const Awaiter&) = delete;
    Awaiter& operator=(const Awaiter&) = delete;

    bool await_ready();
    void await_suspend(std::coroutine_handle<> waiting);
    // Empty pointer: the name has no address, or the wait was cancelled.
    Endpoints await_resume() { return std::move(answer_); }

    // Ends the wait soon, with no answer; the look-up goes on for whoever asks next. On the
    // worker.
    void cancel();

   private:
    friend class Resolver;
    void resume();

    Resolver& resolver_;
    Executor worker_;
    std::string host_;
    std::uint16_t port_;
    Endpoints answer_;
    std::coroutine_handle<> waiting_;
  };
  [[nodiscard]] Awaiter resolve(Executor worker, const std::string& host, std::uint16_t port) {
    return {*this, worker, host, port};
  }

 private:
  struct Name {
    Endpoints answer;  // port 0
    clock::Instant fresh_until;
    bool running = false;  // in line, or being looked up
    std::vector<Awaiter*> waiting;
  };

  void enqueue(const std::string& host, Name& name) PENSTOCK_REQUIRES(mutex_);
  void add_thread() PENSTOCK_REQUIRES(mutex_);
  bool forget(const Awaiter& awaiter);
  void run();
  std::optional<std::string> next();
  void finish(const std::string& host, Endpoints answer) PENSTOCK_REQUIRES(mutex_);

  const LookUp look_up_;
  const clock::Clock& clock_;
  sync::Mutex mutex_;
  sync::Condition wake_;
  std::map<std::string, Name, std::less<>> names_ PENSTOCK_GUARDED_BY(mutex_);
  std::deque<std::string> queue_ PENSTOCK_GUARDED_BY(mutex_);
  std::size_t idle_ PENSTOCK_GUARDED_BY(mutex_) = 0;  // threads that look nothing up
  bool stopping_ PENSTOCK_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_ PENSTOCK_GUARDED_BY(mutex_);
};

}  // namespace penstock::net
