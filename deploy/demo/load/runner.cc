#include "deploy/demo/load/runner.h"

#include <array>
#include <cstdio>
#include <memory>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <unistd.h>

#include "deploy/demo/wire/message.h"

namespace penstock::demo::load {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Clock = std::chrono::steady_clock;
using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<tcp, Executor>;
using Timer = asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, Executor>;
template <class T = void>
using Task = asio::awaitable<T, Executor>;
constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable_t<Executor>{});

constexpr std::size_t kBodyMax = 64U << 20U;

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

// One connection that sends one call after the other.
class Client {
 public:
  Client(Executor executor, tcp::endpoint endpoint, const Target& target, double timeout_seconds)
      : socket_(executor),
        timer_(executor),
        endpoint_(std::move(endpoint)),
        target_(target),
        timeout_(static_cast<std::int64_t>(timeout_seconds * 1000)) {}

  Task<Outcome> send(const Call& call, std::string_view method) {
    // A kept connection may have been closed meanwhile: that says nothing about the server, so try
    // once more.
    const bool reused = socket_.is_open();
    Outcome outcome = co_await attempt(call, method);
    if (outcome.status == 0 && reused) {
      outcome = co_await attempt(call, method);
    }
    co_return outcome;
  }

  [[nodiscard]] std::string& body() { return body_; }

 private:
  Task<Outcome> attempt(const Call& call, std::string_view method) {
    const auto start = Clock::now();
    // close() ends whatever is awaited below; the timer's handler runs on the same thread.
    timer_.expires_after(timeout_);
    // A late handler must neither meet the next call nor a client that is gone.
    timer_.async_wait([this, seen = std::weak_ptr(attempt_),
                       mine = ++*attempt_](boost::system::error_code error) {
      const auto current = seen.lock();
      if (!error && current && *current == mine) {
        close();
      }
    });
    Outcome outcome;
    const bool sent = co_await send_request(call, method);
    if (sent) {
      co_await receive(start, outcome);
    }
    outcome.total_ms = ms_since(start);
    ++*attempt_;
    timer_.cancel();
    if (!outcome.complete) {
      close();
    }
    co_return outcome;
  }

  void close() {
    boost::system::error_code ignored;
    socket_.close(ignored);
  }

  Task<bool> send_request(const Call& call, std::string_view method) {
    if (!socket_.is_open()) {
      auto [failed] = co_await socket_.async_connect(endpoint_, kNoThrow);
      if (failed) {
        close();
        co_return false;
      }
      boost::system::error_code ignored;
      socket_.set_option(tcp::no_delay(true), ignored);
    }
    in_.clear();
    std::string text(method);
    text += " " + target_.prefix + call.path + " HTTP/1.1\r\nhost: " + target_.host + ":" +
            std::to_string(target_.port) + "\r\nuser-agent: penstock-demo\r\naccept: */*\r\n" +
            call.headers;
    text += "content-length: " + std::to_string(call.body.size()) + "\r\n\r\n" + call.body;
    auto [failed, count] = co_await asio::async_write(socket_, asio::buffer(text), kNoThrow);
    co_return !failed;
  }

  Task<bool> read_more() {
    std::array<char, 16 * 1024> bytes;
    auto [failed, count] = co_await socket_.async_read_some(asio::buffer(bytes), kNoThrow);
    in_.append(bytes.data(), failed ? 0 : count);
    co_return !failed;
  }

  Task<> receive(Clock::time_point start, Outcome& outcome) {
    wire::ResponseHead head;
    std::size_t end = wire::head_end(in_);
    for (;;) {
      while (end == std::string::npos) {
        const bool more = co_await read_more();
        if (!more) {
          co_return;
        }
        end = wire::head_end(in_);
      }
      head_text_.assign(in_, 0, end);
      in_.erase(0, end);
      if (!wire::parse(head_text_, head)) {
        co_return;
      }
      if (head.status >= 200) {
        break;
      }
      end = wire::head_end(in_);
    }
    outcome.status = head.status;
    outcome.cache = cache_state(head.value("cache-status"));
    const auto plan = wire::body_plan(head, false);
    outcome.first_ms = ms_since(start);
    if (plan) {
      outcome.complete = co_await read_body(*plan, start, outcome);
    }
    const SeenUsage usage = seen_usage(body_);
    outcome.input_tokens = usage.input;
    outcome.output_tokens = usage.output;
    if (!plan || plan->framing == wire::Framing::kUntilClose ||
        wire::lists(head.value("connection"), "close")) {
      close();
    }
  }

  // True where the body came to its proper end.
  Task<bool> read_body(const wire::BodyPlan& plan, Clock::time_point start, Outcome& outcome) {
    wire::ChunkReader chunks;
    body_.clear();
    for (;;) {
      std::string_view input = in_;
      bool done = false;
      if (plan.framing == wire::Framing::kChunked) {
        const auto state = chunks.feed(input, body_);
        done = state == wire::ChunkReader::State::kDone;
        if (state == wire::ChunkReader::State::kBroken) {
          co_return false;
        }
      } else {
        body_ += input;
        done = plan.framing != wire::Framing::kUntilClose && body_.size() >= plan.length;
      }
      in_.clear();
      if (!body_.empty() && !began_) {
        began_ = true;
        outcome.first_ms = ms_since(start);
      }
      if (done || body_.size() > kBodyMax) {
        began_ = false;
        co_return done;
      }
      const bool more = co_await read_more();
      if (!more) {
        began_ = false;
        co_return plan.framing == wire::Framing::kUntilClose;
      }
    }
  }

  Socket socket_;
  Timer timer_;
  const tcp::endpoint endpoint_;
  const Target& target_;
  const std::chrono::milliseconds timeout_;
  std::string in_;
  std::string head_text_;
  std::string body_;
  bool began_ = false;
  std::shared_ptr<std::uint64_t> attempt_ = std::make_shared<std::uint64_t>(0);
};

// What the connections of one run share.
struct Run {
  const Plan& plan;
  std::size_t next;
  std::size_t end;
  std::size_t from;
  Clock::time_point start;
  std::string label;
  Tally& tally;
  std::size_t done = 0;
  Clock::time_point shown;
};

// One line that rewrites itself on a terminal; elsewhere a line now and then.
void show_progress(Run& run) {
  static const bool kTerminal = isatty(STDERR_FILENO) == 1;
  const auto now = Clock::now();
  if (run.label.empty() || now - run.shown < std::chrono::seconds(kTerminal ? 1 : 10)) {
    return;
  }
  run.shown = now;
  std::fprintf(stderr,
               kTerminal ? "\r%s: %zu of %zu calls, %.0f s " : "%s: %zu of %zu calls, %.0f s\n",
               run.label.c_str(), run.done, run.end - run.from, ms_since(run.start) / 1000);
}

// Every connection takes the next call of the plan, so calls start in order and at most one a
// connection is in flight.
Task<> work(Run& run, std::unique_ptr<Client> client, Executor executor) {
  Timer timer(executor);
  const auto epoch = run.plan.at(run.from).due;
  while (run.next < run.end) {
    const Call call = run.plan.at(run.next++);
    const auto due = run.start + (call.due - epoch);
    const bool waits = call.due.count() > 0 && due > Clock::now();
    if (waits) {
      timer.expires_at(due);
      (void)co_await timer.async_wait(kNoThrow);
    }
    const double late = call.due.count() > 0 && !waits ? ms_since(due) : 0;
    Outcome outcome = co_await client->send(call, "POST");
    outcome.late_ms = late;
    run.tally.add(outcome);
    ++run.done;
    show_progress(run);
  }
}

Result<tcp::endpoint> resolve(asio::io_context& context, const Target& target) {
  tcp::resolver resolver(context);
  boost::system::error_code error;
  const auto found = resolver.resolve(target.host, std::to_string(target.port), error);
  if (error || found.empty()) {
    return fail(ErrorCode::kInvalidConfig,
                "cannot resolve " + target.host + ": " + error.message());
  }
  return found.begin()->endpoint();
}

Task<> get_once(Client& client, Call call, Result<std::string>& out) {
  const Outcome outcome = co_await client.send(call, "GET");
  if (outcome.good()) {
    out = std::move(client.body());
  } else {
    out =
        fail(ErrorCode::kUpstreamFailed, call.path + " answered " + std::to_string(outcome.status));
  }
}

}  // namespace

Result<Target> target_of(std::string_view url) {
  constexpr std::string_view kScheme = "http://";
  const auto wrong = [&] {
    return fail(ErrorCode::kInvalidConfig,
                "wants http://HOST[:PORT][/PREFIX], not " + std::string(url));
  };
  if (!url.starts_with(kScheme)) {
    return wrong();
  }
  std::string_view rest = url.substr(kScheme.size());
  const auto slash = rest.find('/');
  Target target;
  if (slash != std::string_view::npos) {
    target.prefix = rest.substr(slash);
    rest = rest.substr(0, slash);
  }
  while (target.prefix.ends_with('/')) {
    target.prefix.pop_back();
  }
  const auto colon = rest.rfind(':');
  if (colon != std::string_view::npos && rest.find(']', colon) == std::string_view::npos) {
    const auto port = wire::number(rest.substr(colon + 1));
    if (!port || *port == 0 || *port > 65535) {
      return wrong();
    }
    target.port = static_cast<std::uint16_t>(*port);
    rest = rest.substr(0, colon);
  }
  if (rest.starts_with('[') && rest.ends_with(']')) {
    rest = rest.substr(1, rest.size() - 2);
  }
  target.host = rest;
  return target.host.empty() ? Result<Target>(wrong()) : Result<Target>(target);
}

Result<void> run(const Target& target, const Plan& plan, std::size_t from, std::size_t to,
                 const RunOptions& options, Tally& tally) {
  if (from >= to) {
    return {};
  }
  asio::io_context context{1};
  const auto endpoint = resolve(context, target);
  if (!endpoint) {
    return std::unexpected(endpoint.error());
  }
  Run state{plan, from, to, from, Clock::now(), options.label, tally, 0, Clock::now()};
  for (std::size_t i = 0; i < std::min(options.concurrency, to - from); ++i) {
    auto client = std::make_unique<Client>(context.get_executor(), *endpoint, target,
                                           options.timeout_seconds);
    asio::co_spawn(context, work(state, std::move(client), context.get_executor()),
                   [](const std::exception_ptr&) {});
  }
  context.run();
  return {};
}

Result<std::string> get(const Target& target, std::string_view path) {
  asio::io_context context{1};
  const auto endpoint = resolve(context, target);
  if (!endpoint) {
    return std::unexpected(endpoint.error());
  }
  Client client(context.get_executor(), *endpoint, target, 5);
  Result<std::string> out = fail(ErrorCode::kUpstreamFailed, "no answer");
  Call call;
  call.path = path;
  asio::co_spawn(context, get_once(client, std::move(call), out), [](const std::exception_ptr&) {});
  context.run();
  return out;
}

}  // namespace penstock::demo::load
