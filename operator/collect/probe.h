#pragma once

#include <functional>
#include <memory>
#include <string>

#include "lib/net/connection.h"
#include "lib/net/deadlines.h"
#include "lib/net/dial.h"
#include "lib/task/event.h"
#include "lib/task/task.h"
#include "operator/collect/answer.h"
#include "operator/collect/collector.h"

namespace penstock::collect {

// One sidecar's connection, and the coroutine that asks over it when it is told to.
// Threads: the collector's.
class Probe {
 public:
  using Answered = std::function<void(Probe&, const Report&)>;

  Probe(net::Reactor& reactor, net::DeadlineWheel& wheel, net::Resolver& resolver, Target target,
        Answered answered);
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;

  // `ended` is called once, when nothing refers to this any more; it may destroy it.
  void start(void (*ended)(void*), void* argument);
  void ask();
  [[nodiscard]] bool busy() const { return busy_; }
  // Ends the coroutine soon.
  void close();

  [[nodiscard]] const Target& target() const { return target_; }
  void want(std::string hash) { target_.wanted = std::move(hash); }

 private:
  Task<> run();
  Task<bool> exchange();
  Task<bool> connect();
  Task<bool> read();
  bool send();

  net::Reactor& reactor_;
  net::DeadlineWheel& wheel_;
  net::Resolver& resolver_;
  Target target_;
  const Answered answered_;
  net::DialTarget peer_;
  net::Deadline deadline_;
  Event asked_;
  std::unique_ptr<net::Dial> dial_;
  std::unique_ptr<net::Connection> connection_;
  std::string input_;
  HealthAnswer answer_;
  bool busy_ = false;
  bool closing_ = false;
  Task<> task_;
};

}  // namespace penstock::collect
