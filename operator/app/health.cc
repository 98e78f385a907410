#include "operator/app/health.h"

#include <charconv>
#include <thread>
#include <utility>

#include <httplib.h>

namespace penstock::control {

struct Health::Impl {
  httplib::Server server;
  std::function<bool()> ready;
  std::thread thread;
};

Health::Health(std::function<bool()> ready) : impl_(std::make_unique<Impl>()) {
  impl_->ready = std::move(ready);
  impl_->server.new_task_queue = [] { return new httplib::ThreadPool(2); };
  impl_->server.Get("/healthz", [](const httplib::Request&, httplib::Response& response) {
    response.set_content("ok\n", "text/plain");
  });
  impl_->server.Get("/readyz", [this](const httplib::Request&, httplib::Response& response) {
    const bool is_ready = impl_->ready();
    response.status = is_ready ? 200 : 503;
    response.set_content(is_ready ? "ready\n" : "reading the cluster\n", "text/plain");
  });
}

Health::~Health() {
  if (impl_->thread.joinable()) {
    impl_->server.stop();
    impl_->thread.join();
  }
}

Result<void> Health::listen(const std::string& address) {
  if (address == "off") {
    return {};
  }
  const std::size_t colon = address.rfind(':');
  int port = 0;
  if (colon != std::string::npos) {
    const char* end = address.data() + address.size();
    const auto [parsed, error] = std::from_chars(address.data() + colon + 1, end, port);
    port = error == std::errc() && parsed == end ? port : 0;
  }
  if (port < 1 || port > 65'535) {
    return fail(ErrorCode::kInvalidConfig, "--health must be ADDR:PORT, or off");
  }
  const std::string host = address.substr(0, colon);
  if (!impl_->server.bind_to_port(host.empty() ? "0.0.0.0" : host.c_str(), port)) {
    return fail(ErrorCode::kInvalidConfig, "--health: cannot listen on " + address);
  }
  impl_->thread = std::thread([this] { impl_->server.listen_after_bind(); });
  return {};
}

}  // namespace penstock::control
