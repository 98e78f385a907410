#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "lib/net/connection.h"
#include "lib/net/deadlines.h"
#include "lib/net/dial.h"
#include "lib/net/tls.h"
#include "lib/task/task.h"
#include "operator/collect/answer.h"

namespace penstock::collect {

// What connections are made with.
struct Network {
  net::Reactor& reactor;
  net::DeadlineWheel& wheel;
  net::Resolver& resolver;
  // For data ports: whose certificate it is matters not, a nonce tells who answers. Never nullptr.
  std::shared_ptr<const net::TlsContext> tls;
};

enum class Heard : std::uint8_t {
  kAnswer,
  kNoise,    // bytes that are no answer
  kNothing,  // no connection, or silence for Collector::kAnswerTime
};

// One HTTP/1.1 server, asked over one connection at a time, which is kept while it may be.
// Threads: the collector's.
class Peer {
 public:
  // `tls`: nullptr: plain.
  Peer(Network network, std::string ip, std::uint16_t port, const net::TlsContext* tls = nullptr);
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  // GET `path`; over a new connection where a kept one turns out to be closed.
  Task<Heard> ask(std::string path, Answer& into);
  Task<> close();
  // How many there have been: more than before, and it may be another process.
  [[nodiscard]] unsigned connections() const { return connections_; }
  // What goes on ends soon, and fails.
  void cancel();

 private:
  Task<Heard> exchange(const std::string& path, Answer& into);
  Task<bool> connect();
  Task<Heard> read(Answer& into);
  bool send(const std::string& path);

  Network network_;
  net::DialTarget target_;
  const std::string host_;  // the header's value, and the end of the head
  net::Deadline deadline_;
  std::unique_ptr<net::Dial> dial_;
  std::unique_ptr<net::Connection> connection_;
  std::string input_;
  unsigned connections_ = 0;
  bool cancelled_ = false;
};

}  // namespace penstock::collect
