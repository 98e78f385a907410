#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "deploy/demo/model/answer.h"
#include "deploy/demo/server/body.h"
#include "deploy/demo/server/shared.h"
#include "deploy/demo/wire/message.h"

namespace penstock::demo::server {

namespace asio = boost::asio;
using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, Executor>;
template <class T = void>
using Task = asio::awaitable<T, Executor>;
inline constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable_t<Executor>{});

// One client connection of the simulated server: reads requests one after the other and answers
// each.
//
// A shared_ptr keeps it alive while its coroutine or its watch on the socket is pending. Belongs to
// one thread, except for what Shared does.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Socket socket, Shared& shared, std::uint64_t connection);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Runs until either side closes. The caller keeps a shared_ptr for as long.
  Task<> run();

 private:
  // What happens to the connection behind an answer.
  enum class Then : std::uint8_t { kKeep, kClose, kReset };

  // One request's facts that every way of answering needs. Views point into head_.
  struct Exchange {
    model::Operation operation = model::Operation::kUnknown;
    model::Simulation simulation;
    model::Stamp stamp;
    std::uint64_t number = 0;
    bool keep_alive = true;
    bool http11 = true;
    bool head_only = false;
    std::string content_type;  // of the request
    std::string coding;
    std::uint64_t body_bytes = 0;
    std::string body_sha256;
    std::string trailers_asked;
  };

  // session.cc: the connection, and reading.
  Task<bool> read_more();
  Task<bool> read_head();
  Task<bool> read_body(const wire::BodyPlan& plan, BodySink& sink);
  Task<Then> serve();
  Task<bool> say(std::string_view bytes);
  bool open_exchange(Exchange& exchange);
  void journal(const Exchange& exchange, BodySink& sink);

  // session_answer.cc: answers of every kind.
  Task<Then> respond(Exchange& exchange, BodySink& sink);
  Task<Then> send(Exchange& exchange, model::Answer& answer);
  Task<bool> think(const model::Simulation& wish, const model::Answer& answer);
  Task<bool> wait_behind(const model::Simulation& wish, std::size_t index);
  Task<bool> pace(std::chrono::milliseconds wait);
  Task<bool> send_events(Exchange& exchange, model::Answer& answer);
  Task<Then> send_octets(Exchange& exchange, std::string_view content_type, std::uint64_t bytes);
  Task<Then> tunnel();
  [[nodiscard]] model::Answer make_answer(Exchange& exchange, BodySink& sink);
  [[nodiscard]] model::Answer file_answer(const Exchange& exchange) const;

  // session_wire.cc: putting bytes on the wire, and waiting.
  void start_body(Exchange& exchange, const model::Answer& answer, bool streams,
                  std::uint64_t length);
  // Adds payload to out_, encoded and framed. False once a cut has been reached.
  bool put(std::string_view payload, bool last);
  Task<bool> finish_body(const Exchange& exchange);
  Task<bool> flush();
  // Sleeps; false where the client left meanwhile.
  Task<bool> pause(std::chrono::milliseconds time);
  Task<bool> hold(const std::string& id);
  void watch();
  void on_readable();
  [[nodiscard]] std::chrono::milliseconds paced(std::int64_t milliseconds);

  Socket socket_;
  Timer timer_;
  Shared& shared_;
  const std::uint64_t connection_;
  std::string in_;   // received, not yet understood
  std::string out_;  // to be sent
  std::string head_text_;
  wire::RequestHead head_;
  std::vector<std::string> trailers_;
  bool answering_ = false;
  bool watching_ = false;
  bool gone_ = false;
  bool released_ = false;
  std::uint64_t paces_ = 0;

  // Of the answer under way.
  std::unique_ptr<Encoder> encoder_;
  bool chunked_ = false;
  bool split_ = false;
  bool cut_ = false;        // a cut has been reached
  std::uint64_t room_ = 0;  // body bytes until the cut
  std::uint64_t chunk_bytes_ = 0;
  std::uint64_t body_sent_ = 0;
  std::uint64_t events_sent_ = 0;
};

}  // namespace penstock::demo::server
