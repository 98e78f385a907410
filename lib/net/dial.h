#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "lib/net/connection.h"
#include "lib/net/deadlines.h"
#include "lib/net/resolver.h"
#include "lib/net/tls.h"
#include "lib/task/task.h"

namespace penstock::net {

struct DialTarget {
  std::string host;  // name or address literal, without brackets
  std::uint16_t port = 0;
  const TlsContext* tls = nullptr;           // nullptr: plain
  std::string server_name;                   // for TLS
  TlsSession resumed;                        // its own: others dial, and drop theirs, meanwhile
  std::chrono::milliseconds timeout{5'000};  // all of it: name, connect, handshake
  std::chrono::milliseconds tcp_keep_alive{30'000};
};

enum class DialFailure : std::uint8_t {
  kNone,
  kName,     // no address
  kRefused,  // refused, unreachable, reset
  kTimeout,
  kTls,          // handshake or certificate
  kDescriptors,  // out of them
  kCancelled,
};

// One attempt to reach a peer: tries its addresses in the resolver's order within one time limit.
// While another is left, one that does not answer has half of what is left of the limit, kTryMax at
// most, so that a dead address takes nobody's whole time; and so has a look-up while an older
// answer is known. Both in whole ticks of the wheel: of a limit of a tick or less, the first
// address has what is left of the running one. Where none could be connected to, the name is looked
// up anew before the next attempt.
//
// Threads: one worker. run() once; cancel() from the same worker at any time. It, like the time
// limit, makes run() end soon, whatever is waited for: a name look-up that hangs is left behind.
class Dial {
 public:
  static constexpr std::chrono::milliseconds kTryMax{1'000};

  Dial(Reactor& reactor, DeadlineWheel& wheel, Resolver& resolver);
  Dial(const Dial&) = delete;
  Dial& operator=(const Dial&) = delete;

  struct Outcome {
    std::unique_ptr<Connection> connection;  // nullptr on failure
    DialFailure failure = DialFailure::kNone;
    std::string detail;  // for the log
  };
  // `target` must live until the task ends.
  PENSTOCK_OWN_FRAME Task<Outcome> run(const DialTarget& target);
  void cancel() noexcept { stop(DialFailure::kCancelled); }

 private:
  void stop(DialFailure why) noexcept;
  PENSTOCK_OWN_FRAME Task<Endpoints> look_up(const DialTarget& target);
  void begin_try() noexcept;
  void end_try() noexcept;
  PENSTOCK_OWN_FRAME Task<bool> connect_any(const std::vector<Endpoint>& endpoints,
                                            const DialTarget& target);
  PENSTOCK_OWN_FRAME Task<bool> connect(const Endpoint& endpoint,
                                        std::chrono::milliseconds keep_alive);
  PENSTOCK_OWN_FRAME Task<bool> secure(const DialTarget& target);

  Reactor& reactor_;
  DeadlineWheel& wheel_;
  Resolver& resolver_;
  Deadline deadline_;
  Deadline try_;                          // of one address while others are left, and of a look-up
  Resolver::Awaiter* look_up_ = nullptr;  // while it is waited for
  std::unique_ptr<Connection> connection_;
  DialFailure stopped_ = DialFailure::kNone;
  DialFailure failure_ = DialFailure::kNone;
  bool late_ = false;  // the address had its time
  std::string detail_;
};

// Performs the handshake of a connection that has adopted its TLS session. False: failed, cancelled
// or closed.
Task<bool> handshake(Connection& connection);

}  // namespace penstock::net
