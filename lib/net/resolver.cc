#include "lib/net/resolver.h"

#include <boost/asio/post.hpp>
#include <netdb.h>
#include <sys/socket.h>

namespace penstock::net {
namespace {

// getaddrinfo's order is RFC 6724's: keep it.
Endpoints look_up(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) {
    return nullptr;
  }
  auto endpoints = std::make_shared<std::vector<Endpoint>>();
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    Endpoint endpoint;
    endpoint.resize(entry->ai_addrlen);
    std::copy_n(reinterpret_cast<const char*>(entry->ai_addr), entry->ai_addrlen,
                reinterpret_cast<char*>(endpoint.data()));
    endpoints->push_back(endpoint);
  }
  ::freeaddrinfo(found);
  return endpoints->empty() ? nullptr : endpoints;
}

Endpoints with_port(const Endpoints& names, std::uint16_t port) {
  if (names == nullptr) {
    return nullptr;
  }
  auto endpoints = std::make_shared<std::vector<Endpoint>>(*names);
  for (Endpoint& endpoint : *endpoints) {
    endpoint.port(port);
  }
  return endpoints;
}

}  // namespace

Resolver::Resolver() : thread_([this] { run(); }) {}

Resolver::~Resolver() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

Resolver::Awaiter::Awaiter(Resolver& resolver, Executor worker, const std::string& host,
                           std::uint16_t port)
    : resolver_(resolver), worker_(worker), host_(host), port_(port) {}

bool Resolver::Awaiter::await_ready() {
  boost::system::error_code not_an_address;
  const auto address = boost::asio::ip::make_address(host_, not_an_address);
  if (!not_an_address) {
    answer_ = std::make_shared<std::vector<Endpoint>>(1, Endpoint(address, port_));
    return true;
  }
  const std::lock_guard lock(resolver_.mutex_);
  const auto name = resolver_.names_.find(host_);
  if (name == resolver_.names_.end() || name->second.answer == nullptr) {
    return false;
  }
  answer_ = with_port(name->second.answer, port_);
  if (!name->second.running && std::chrono::steady_clock::now() >= name->second.fresh_until) {
    name->second.running = true;
    resolver_.queue_.push_back(host_);
    resolver_.wake_.notify_one();
  }
  return true;
}

void Resolver::Awaiter::await_suspend(std::coroutine_handle<> waiting) {
  waiting_ = waiting;
  const std::lock_guard lock(resolver_.mutex_);
  if (resolver_.names_.size() >= kNames && !resolver_.names_.contains(host_) &&
      resolver_.queue_.empty()) {
    resolver_.names_.clear();  // nobody waits while the queue is empty and none is running
  }
  Name& name = resolver_.names_[host_];
  name.waiting.push_back(this);
  if (!name.running) {
    name.running = true;
    resolver_.queue_.push_back(host_);
    resolver_.wake_.notify_one();
  }
}

void Resolver::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (stopping_) {
      return;
    }
    const std::string host = queue_.front();
    lock.unlock();
    Endpoints answer = look_up(host);
    lock.lock();
    queue_.pop_front();
    finish(host, std::move(answer));
  }
}

void Resolver::finish(const std::string& host, Endpoints answer) {
  Name& name = names_[host];
  name.running = false;
  if (answer != nullptr) {
    name.answer = std::move(answer);
    name.fresh_until = std::chrono::steady_clock::now() + kFresh;
  }
  for (Awaiter* awaiter : name.waiting) {
    awaiter->answer_ = with_port(name.answer, awaiter->port_);
    boost::asio::post(awaiter->worker_, [awaiter] { awaiter->waiting_.resume(); });
  }
  name.waiting.clear();
}

}  // namespace penstock::net
