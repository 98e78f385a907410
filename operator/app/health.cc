#include "operator/app/health.h"

#include <thread>
#include <utility>

#include <httplib.h>

namespace penstock::control {
namespace {

// A connection holds a thread, and is closed after its answer: scrapers that would keep theirs must
// not make a probe wait.
constexpr std::size_t kThreads = 4;
constexpr int kReadSeconds = 1;

}  // namespace

struct Health::Impl {
  httplib::Server server;
  std::function<Readiness()> readiness;
  std::function<std::string()> metrics;
  std::thread thread;
};

Health::Health(std::function<Readiness()> readiness, std::function<std::string()> metrics)
    : impl_(std::make_unique<Impl>()) {
  impl_->readiness = std::move(readiness);
  impl_->metrics = std::move(metrics);
  impl_->server.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
  impl_->server.set_keep_alive_max_count(1);
  impl_->server.set_read_timeout(kReadSeconds);
  impl_->server.Get("/healthz", [](const httplib::Request&, httplib::Response& response) {
    response.set_content("ok\n", "text/plain");
  });
  impl_->server.Get("/metrics", [this](const httplib::Request&, httplib::Response& response) {
    response.set_content(impl_->metrics(), "text/plain; version=0.0.4");
  });
  impl_->server.Get("/readyz", [this](const httplib::Request&, httplib::Response& response) {
    const Readiness now = impl_->readiness();
    response.status = now.ready ? 200 : 503;
    response.set_content(now.told + "\n", "text/plain");
  });
}

Health::~Health() {
  if (impl_->thread.joinable()) {
    impl_->server.stop();
    impl_->thread.join();
  }
}

Result<void> Health::listen(const std::string& host, int port) {
  if (!impl_->server.bind_to_port(host, port)) {
    return fail(ErrorCode::kInvalidConfig,
                "--health: cannot listen on " + host + ":" + std::to_string(port));
  }
  impl_->thread = std::thread([this] { impl_->server.listen_after_bind(); });
  return {};
}

}  // namespace penstock::control
