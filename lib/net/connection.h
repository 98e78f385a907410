#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <sys/uio.h>

#include "lib/net/descriptor.h"
#include "lib/net/reactor.h"

struct ssl_st;

namespace penstock::net {

enum class IoState : std::uint8_t {
  kOk,
  kWouldBlock,
  kEnd,     // the peer finished its direction in an orderly way
  kBroken,  // reset, protocol error, or closed by us
};

struct Io {
  std::size_t bytes = 0;
  IoState state = IoState::kOk;
};

// Told that a connection became readable (or ended) while no coroutine waits for that.
class ReadWatcher {
 public:
  virtual ~ReadWatcher() = default;
  virtual void on_readable() = 0;
};

// One TCP connection, plain or TLS: reads and writes are direct non-blocking system calls into the
// caller's buffers, so an idle connection holds no buffer at all.
//
// At most one coroutine waits for reading and one for writing.
// Threads: one worker. Life: close() must have been awaited before destruction once anything was
// awaited.
class Connection final : public ReadinessHandler {
 public:
  // `socket`: connected, connecting, or accepted; non-blocking.
  Connection(Reactor& reactor, Descriptor socket);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Non-blocking. kOk carries bytes > 0.
  Io read_some(std::span<char> into) noexcept;
  Io write_some(std::span<const iovec> from) noexcept;

  // What is waiting to be read, without taking it: kOk (bytes), kWouldBlock (nothing), kEnd,
  // kBroken. Of TLS it takes what is for TLS alone, as session tickets are.
  IoState peek() noexcept;

  // No readiness was reported since the last read: what peek() would find, as of the event loop's
  // last look. Over TLS its opposite says little, for not every record has bytes for us, and only a
  // read that finds none uses readiness up.
  [[nodiscard]] bool quiet() const { return socket_.open() && !readable_ && !hung_up_; }

  // Lets the peer see that what it got is not all: see socket_options.h.
  void reset_at_close() noexcept;
  // The same without a reset: over TLS, close() says no close_notify.
  void break_off() noexcept { broken_off_ = true; }

  // Something was posted that will call this object: it may not be destroyed without close().
  [[nodiscard]] bool has_messages() const { return waking_ || waking_writer_ || telling_; }

  class ReadAwaiter {
   public:
    explicit ReadAwaiter(Connection& connection) : connection_(connection) {}
    bool await_ready() noexcept { return connection_.readable_ || connection_.has_buffered(); }
    void await_suspend(std::coroutine_handle<> waiting) noexcept;
    // False: cancelled or closed.
    bool await_resume() const noexcept {
      return connection_.readable_ || connection_.has_buffered();
    }

   private:
    Connection& connection_;
  };
  class WriteAwaiter {
   public:
    explicit WriteAwaiter(Connection& connection) : connection_(connection) {}
    bool await_ready() noexcept { return connection_.writable_; }
    void await_suspend(std::coroutine_handle<> waiting) noexcept;
    bool await_resume() const noexcept { return connection_.writable_; }

   private:
    Connection& connection_;
  };
  class CloseAwaiter {
   public:
    explicit CloseAwaiter(Connection& connection) : connection_(connection) {}
    bool await_ready() noexcept;
    void await_suspend(std::coroutine_handle<> waiting) noexcept { connection_.closer_ = waiting; }
    void await_resume() const noexcept {}

   private:
    Connection& connection_;
  };

  // Both may come back without bytes to read or room to write: look with read_some() or
  // write_some().
  [[nodiscard]] ReadAwaiter readable() { return ReadAwaiter(*this); }
  [[nodiscard]] WriteAwaiter writable() { return WriteAwaiter(*this); }
  // Closes the socket and waits until nothing refers to this object any more. A TLS peer is told by
  // close_notify, where nothing broke: what it has is all, as far as TLS goes.
  [[nodiscard]] CloseAwaiter close() { return CloseAwaiter(*this); }

  // For whoever used the descriptor by other means and was told to wait: forgets the readiness that
  // was seen.
  void not_readable() noexcept { readable_ = false; }
  void not_writable() noexcept { writable_ = false; }

  // While set and no coroutine waits for reading, the watcher is told once the connection is
  // readable (now, where it is already); watch() again for the next time. nullptr ends it.
  void watch(ReadWatcher* watcher) noexcept;
  // For whoever has just looked until nothing was left: told of what comes from then on, and never
  // now. A watcher that went on by watch() would come back to itself, as deep as the peer likes.
  void watch_on(ReadWatcher* watcher) noexcept;
  // The same as watch(), but told only once the peer has ended its direction, or the connection is
  // broken, whatever there is to read before that.
  void watch_end(ReadWatcher* watcher) noexcept;
  // Whether that was seen. What the peer sent before may still be there to read.
  [[nodiscard]] bool ending() const { return hung_up_; }

  // Wakes whoever waits, from the event loop; they see false. The connection stays open.
  void cancel() noexcept;

  // Half-closes our direction (TLS: close_notify as well).
  void shutdown_send() noexcept;

  // Room for a small write that leaves at the end of the event loop's round, with those of other
  // connections; to be filled at once. Empty: to be written with write_some(), now. There is one
  // such write a turn of the conversation, so that the kernel has room for it: the next after
  // something was read. Should it have none all the same, the rest leaves before whatever is
  // written next.
  [[nodiscard]] std::span<char> write_later(std::size_t size) noexcept;
  // From here on there is none: what is written is the last, and nothing would take its rest along.
  void write_nothing_later() noexcept { writes_at_once_ = true; }

  // From here on bytes go through `session`, whose descriptor must be this socket.
  void adopt_tls(ssl_st* session) noexcept { tls_ = session; }
  [[nodiscard]] ssl_st* tls() const { return tls_; }
  [[nodiscard]] int descriptor() const { return socket_.get(); }

 private:
  friend class SendBatch;

  void on_events(std::uint32_t events) noexcept override;
  // What write_later() made room for: now, where it waits for the end of the round …
  void send_what_is_collected() noexcept;
  // … and when that has come.
  void send_collected(std::string_view bytes) noexcept;
  // The last that leaves here: what is collected, and close_notify.
  void say_goodbye() noexcept;
  // True: nothing stands before the next write.
  bool send_unsent() noexcept;
  [[nodiscard]] bool has_buffered() const noexcept;
  [[nodiscard]] bool concerns_watcher() const noexcept;
  void wake_waiting() noexcept;
  void wake_writer_soon() noexcept;
  void tell_watcher_soon() noexcept;
  void resume_closer() noexcept;

  Reactor& reactor_;
  Descriptor socket_;
  ssl_st* tls_ = nullptr;  // owned
  std::coroutine_handle<> reader_;
  std::coroutine_handle<> writer_;
  std::coroutine_handle<> closer_;
  ReadWatcher* watcher_ = nullptr;
  std::unique_ptr<std::string> unsent_;
  // Bits, for there is a connection for each quiet stream and one behind it.
  bool readable_ : 1 = false;  // an edge came that no read has used up
  bool writable_ : 1 = false;
  bool hung_up_ : 1 = false;           // the end is near: a short read is not the last
  bool watches_end_ : 1 = false;       // the watcher is told of that alone
  bool read_wants_write_ : 1 = false;  // TLS: reading needs the socket writable, and the reverse
  bool write_wants_read_ : 1 = false;
  bool waking_ : 1 = false;          // cancel()'s message is on its way
  bool waking_writer_ : 1 = false;   // a message to the writer is, for the reader went first
  bool telling_ : 1 = false;         // a message to the watcher is
  bool may_write_later_ : 1 = true;  // it is our turn
  bool writes_at_once_ : 1 = false;  // nothing is written later any more
  bool collected_ : 1 = false;       // there are bytes of ours in the reactor's batch
  bool send_failed_ : 1 = false;     // … and they could not be sent
  bool tls_broken_ : 1 = false;      // an error that its session does not outlive
  bool broken_off_ : 1 = false;      // what its peer got is not all
};

}  // namespace penstock::net
