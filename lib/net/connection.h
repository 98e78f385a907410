#pragma once

#include <coroutine>
#include <cstddef>
#include <memory>
#include <span>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <sys/uio.h>

struct ssl_st;

namespace penstock::net {

using IoContext = boost::asio::io_context;
using Executor = IoContext::executor_type;  // concrete: no type erasure per operation
using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>;

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

// One TCP connection, plain or TLS, with Asio for readiness only: reads and writes are direct
// non-blocking system calls into the caller's buffers, so an idle connection holds no buffer at
// all.
//
// At most one coroutine waits for reading and one for writing. One readiness operation serves both
// a waiting reader and a watcher, and stays armed across requests. Threads: one worker. Life:
// close() must have been awaited before destruction once anything was awaited.
class Connection {
 public:
  explicit Connection(Socket socket);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Non-blocking. kOk carries bytes > 0.
  Io read_some(std::span<char> into) noexcept;
  Io write_some(std::span<const iovec> from) noexcept;

  // What is waiting to be read, without taking it: kOk (bytes), kWouldBlock (nothing), kEnd,
  // kBroken.
  IoState peek() noexcept;

  class ReadAwaiter {
   public:
    explicit ReadAwaiter(Connection& connection) : connection_(connection) {}
    bool await_ready() noexcept { return connection_.has_buffered(); }
    void await_suspend(std::coroutine_handle<> waiting) noexcept;
    // False: cancelled, closed, or the wait failed.
    bool await_resume() const noexcept;

   private:
    Connection& connection_;
  };
  class WriteAwaiter {
   public:
    explicit WriteAwaiter(Connection& connection) : connection_(connection) {}
    bool await_ready() noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiting) noexcept;
    bool await_resume() const noexcept;

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

  [[nodiscard]] ReadAwaiter readable() { return ReadAwaiter(*this); }
  [[nodiscard]] WriteAwaiter writable() { return WriteAwaiter(*this); }
  // Closes the socket and waits until no operation refers to this object any more.
  [[nodiscard]] CloseAwaiter close() { return CloseAwaiter(*this); }

  // While set and no coroutine waits for reading, the watcher is told once the connection is
  // readable; watch() again for the next time. nullptr ends it (the operation stays armed for the
  // next reader).
  void watch(ReadWatcher* watcher) noexcept;

  // Wakes whoever waits; they see false. The connection stays open.
  void cancel() noexcept;

  // Half-closes our direction (TLS: close_notify as well).
  void shutdown_send() noexcept;

  // From here on bytes go through `session`, whose descriptor must be this socket.
  void adopt_tls(ssl_st* session) noexcept { tls_ = session; }
  [[nodiscard]] ssl_st* tls() const { return tls_; }
  [[nodiscard]] Socket& socket() { return socket_; }
  [[nodiscard]] bool has_buffered() const noexcept;

 private:
  void arm_read();
  void arm_write();
  void read_ready(bool ok);
  void write_ready(bool ok);
  void finish_close();

  Socket socket_;
  ssl_st* tls_ = nullptr;  // owned
  std::coroutine_handle<> reader_;
  std::coroutine_handle<> writer_;
  std::coroutine_handle<> closer_;
  ReadWatcher* watcher_ = nullptr;
  bool read_armed_ = false;
  bool write_armed_ = false;
  bool read_ok_ = false;
  bool write_ok_ = false;
  bool read_wants_write_ = false;  // TLS renegotiation of keys: reading needs the socket writable
  bool write_wants_read_ = false;
};

}  // namespace penstock::net
