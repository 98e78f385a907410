#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "lib/net/connection.h"
#include "lib/net/deadlines.h"
#include "lib/task/event.h"
#include "lib/task/task.h"
#include "sidecar/http/listener.h"

namespace penstock::http {

struct LocalRequest {
  std::string_view method;
  std::string_view path;   // without the query
  std::string_view query;  // without '?'
  std::string_view body;
  std::string_view authorization;
  std::string_view host;
  std::string_view origin;
  bool patience_over = false;  // it has waited for as long as the answer before allowed
};

struct LocalResponse {
  int status = 200;
  std::string content_type;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  bool wait = false;  // nothing to say yet: ask again after LocalServer::ask_again() …
  std::chrono::milliseconds wait_at_most{0};  // … or after so long; 0: no limit
};

// A small HTTP/1.1 server for the status and admin listeners: whole requests of at most
// kBodyBytesMax in, whole answers out, kConnectionsMax at a time: who comes then takes the place of
// the one that has been idle, or about its request or its answer, for longest. Only those that wait
// for an answer keep theirs, kWaitersMax at a time: who would wait beside them is handled as if its
// patience were over, and refused (503) where even that has no answer.
//
// Threads: one event loop that is no worker's.
class LocalServer {
 public:
  static constexpr std::size_t kBodyBytesMax = 64 * 1024;
  static constexpr std::size_t kConnectionsMax = 256;
  static constexpr std::size_t kWaitersMax = 16;
  // Between two requests, for all of a request, and for all of an answer to be read.
  static constexpr std::chrono::milliseconds kPatience{30'000};

  using Handler = std::function<LocalResponse(const LocalRequest&)>;

  LocalServer(net::Reactor& reactor, net::DeadlineWheel& wheel, Handler handler);
  ~LocalServer();
  LocalServer(const LocalServer&) = delete;
  LocalServer& operator=(const LocalServer&) = delete;

  Result<void> listen(const std::string& host, std::uint16_t port);
  [[nodiscard]] std::uint16_t port() const { return listener_.port(); }
  // Requests that were told to wait are handled again.
  void ask_again();
  // Takes no more connections and ends those there are.
  void close();

 private:
  class Exchange;

  void accept(net::Descriptor socket);
  bool make_room();

  net::Reactor& reactor_;
  Listener listener_;
  net::DeadlineWheel& wheel_;
  Handler handler_;
  std::unordered_map<Exchange*, std::unique_ptr<Exchange>> exchanges_;
  std::size_t waiters_ = 0;  // exchanges whose answer is waited for
  std::uint64_t steps_ = 0;  // of all exchanges: how long ago one's last was
};

}  // namespace penstock::http
