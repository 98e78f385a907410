#include "deploy/demo/server/server.h"

#include <csignal>
#include <cstdio>
#include <memory>
#include <thread>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/signal_set.hpp>
#include <sys/resource.h>

#include "deploy/demo/model/text.h"
#include "deploy/demo/server/session.h"

namespace penstock::demo::server {
namespace {

using asio::ip::tcp;
using Acceptor = asio::basic_socket_acceptor<tcp, Executor>;
using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

constexpr int kBacklog = 4096;

Result<tcp::endpoint> endpoint_of(const std::string& text) {
  const auto colon = text.rfind(':');
  const auto port =
      wire::number(colon == std::string::npos ? "" : std::string_view(text).substr(colon + 1));
  std::string host = text.substr(0, colon == std::string::npos ? 0 : colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  }
  boost::system::error_code error;
  const auto address = asio::ip::make_address(host, error);
  if (error || !port || *port > 65535) {
    return fail(ErrorCode::kInvalidConfig,
                "--listen wants ADDRESS:PORT, for example 127.0.0.1:9000, not " + text);
  }
  return tcp::endpoint(address, static_cast<std::uint16_t>(*port));
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
}

Task<> run_session(std::shared_ptr<Session> session) {
  (void)co_await session->run();
}

// One thread's share: its own listening socket on the common port.
class Worker {
 public:
  explicit Worker(Shared& shared)
      : shared_(shared), acceptor_(context_), pause_(context_.get_executor()) {}

  Result<tcp::endpoint> listen(const tcp::endpoint& where) {
    boost::system::error_code error;
    acceptor_.open(where.protocol(), error);
    if (!error) {
      acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
      acceptor_.set_option(ReusePort(true), error);
      acceptor_.bind(where, error);
    }
    if (!error) {
      acceptor_.listen(kBacklog, error);
    }
    if (error) {
      return fail(ErrorCode::kInvalidConfig, "cannot listen: " + error.message());
    }
    return acceptor_.local_endpoint(error);
  }

  void run() {
    asio::co_spawn(context_, accept(), [](const std::exception_ptr&) {});
    context_.run();
  }

  void stop() { context_.stop(); }
  asio::io_context& context() { return context_; }

 private:
  Task<> accept() {
    for (;;) {
      auto [error, socket] = co_await acceptor_.async_accept(kNoThrow);
      if (error) {
        // Out of descriptors, most likely: do not spin.
        pause_.expires_after(std::chrono::milliseconds(20));
        (void)co_await pause_.async_wait(kNoThrow);
        continue;
      }
      boost::system::error_code ignored;
      socket.set_option(tcp::no_delay(true), ignored);
      socket.non_blocking(true, ignored);
      const std::uint64_t number =
          1 + shared_.counters.connections.fetch_add(1, std::memory_order_relaxed);
      auto session = std::make_shared<Session>(std::move(socket), shared_, number);
      asio::co_spawn(context_, run_session(std::move(session)), [](const std::exception_ptr&) {});
    }
  }

  Shared& shared_;
  asio::io_context context_{1};
  Acceptor acceptor_;
  Timer pause_;
};

}  // namespace

Result<void> serve(const ServerOptions& options) {
  auto where = endpoint_of(options.listen);
  if (!where) {
    return std::unexpected(where.error());
  }
  raise_descriptor_limit();
  const auto started = std::chrono::system_clock::now().time_since_epoch().count();
  Shared shared(options.timing, options.journal, model::mix(static_cast<std::uint64_t>(started)));
  std::vector<std::unique_ptr<Worker>> workers;
  for (int i = 0; i < options.threads; ++i) {
    workers.push_back(std::make_unique<Worker>(shared));
    where = workers.back()->listen(*where);
    if (!where) {
      return std::unexpected(where.error());
    }
  }
  asio::signal_set signals(workers.front()->context(), SIGINT, SIGTERM);
  signals.async_wait([&workers](boost::system::error_code, int) {
    for (const auto& worker : workers) {
      worker->stop();
    }
  });
  const bool v6 = where->address().is_v6();
  std::printf("listening on %s%s%s:%u\n", v6 ? "[" : "", where->address().to_string().c_str(),
              v6 ? "]" : "", unsigned{where->port()});
  std::fflush(stdout);
  std::vector<std::jthread> threads;
  for (std::size_t i = 1; i < workers.size(); ++i) {
    threads.emplace_back([worker = workers[i].get()] { worker->run(); });
  }
  workers.front()->run();
  return {};
}

}  // namespace penstock::demo::server
