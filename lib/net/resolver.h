#pragma once

#include <chrono>
#include <coroutine>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

#include "lib/clock/clock.h"
#include "lib/net/io_context.h"

namespace penstock::net {

using Endpoint = boost::asio::ip::tcp::endpoint;
using Endpoints = std::shared_ptr<const std::vector<Endpoint>>;

// Name to addresses on threads of its own, so that no worker ever blocks in getaddrinfo.
//
// An answer is served for kFresh; after that the old one goes on being served while a new look-up
// runs, and a failing look-up keeps the last good answer. One that was not asked for again within
// kOld, or that nobody could connect to, is served only once a new look-up has ended, by that
// look-up's answer or, where it failed, as it was; or as it was to who settles for that, and then
// to all others until the look-up ends. The first address of the other family comes second (RFC
// 8305, 4), so that a dead network of the one does not keep calls from the other's. Each time,
// another of a family's addresses comes first, so that calls spread. Address literals never reach a
// thread. Look-ups of different names run side by side, so that up to kThreads - 1 that hang hold
// up no other; nor does one hold up the end of the process: the destructor waits for none, and
// their threads end when they do.
//
// Threads: resolve() from any worker; the answer comes back on that worker. Bounded: kThreads
// look-ups at once, further names wait in line; kNames names, past that those that nobody looks up
// are forgotten.
class Resolver {
 public:
  static constexpr std::chrono::seconds kFresh{30};
  static constexpr std::chrono::minutes kOld{5};
  // A younger answer is not doubted: a backend that is down does not flood the name servers.
  static constexpr std::chrono::seconds kDoubtful{1};
  static constexpr std::size_t kNames = 1024;
  static constexpr std::size_t kThreads = 4;

  // The addresses of a host, with port 0; nullptr: none. Blocks; called on several threads at once.
  // One that runs when the resolver ends goes on without it: what it uses is its own.
  using LookUp = std::function<Endpoints(const std::string& host)>;

  Resolver();  // the system's names
  // `clock` outlives the resolver.
  Resolver(LookUp look_up, const clock::Clock& clock);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  class LookUps;  // the names, and the threads that look them up

  // One wait for an answer. May be destroyed at any time once the worker runs nothing more.
  class Awaiter {
   public:
    Awaiter(LookUps& look_ups, Executor worker, const std::string& host, std::uint16_t port);
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
    // The wait was long enough: ends it soon with the last answer that is known. There is none: it
    // goes on. On the worker.
    void settle();

   private:
    friend class Resolver;
    void resume();

    LookUps& look_ups_;
    Executor worker_;
    std::string host_;
    std::uint16_t port_;
    Endpoints answer_;
    std::coroutine_handle<> waiting_;
  };
  [[nodiscard]] Awaiter resolve(Executor worker, const std::string& host, std::uint16_t port) {
    return {*look_ups_, worker, host, port};
  }
  // None of the host's addresses could be connected to. From any worker; of a name that is not
  // known it says nothing.
  void doubt(const std::string& host);

 private:
  const std::shared_ptr<LookUps> look_ups_;
};

}  // namespace penstock::net
