#include "lib/net/resolver.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include <boost/asio/post.hpp>
#include <netdb.h>
#include <sys/socket.h>

namespace penstock::net {
namespace {

// getaddrinfo's order is RFC 6724's: keep it.
Endpoints ask_system(const std::string& host) {
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

const clock::Clock& real_clock() {
  static const clock::RealClock kClock;
  return kClock;
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

Resolver::Resolver() : Resolver(ask_system, real_clock()) {}

Resolver::Resolver(LookUp look_up, const clock::Clock& clock)
    : look_up_(std::move(look_up)), clock_(clock) {
  const sync::MutexLock lock(mutex_);
  add_thread();
}

Resolver::~Resolver() {
  std::vector<std::thread> threads;
  {
    const sync::MutexLock lock(mutex_);
    stopping_ = true;
    threads.swap(threads_);
  }
  wake_.notify_all();
  for (std::thread& thread : threads) {
    thread.join();
  }
}

Resolver::Awaiter::Awaiter(Resolver& resolver, Executor worker, const std::string& host,
                           std::uint16_t port)
    : resolver_(resolver), worker_(worker), host_(host), port_(port) {}

Resolver::Awaiter::~Awaiter() {
  if (waiting_) {
    static_cast<void>(resolver_.forget(*this));
  }
}

bool Resolver::Awaiter::await_ready() {
  boost::system::error_code not_an_address;
  const auto address = boost::asio::ip::make_address(host_, not_an_address);
  if (!not_an_address) {
    answer_ = std::make_shared<std::vector<Endpoint>>(1, Endpoint(address, port_));
    return true;
  }
  const sync::MutexLock lock(resolver_.mutex_);
  const auto name = resolver_.names_.find(host_);
  if (name == resolver_.names_.end() || name->second.answer == nullptr) {
    return false;
  }
  answer_ = with_port(name->second.answer, port_);
  if (resolver_.clock_.now() >= name->second.fresh_until) {
    resolver_.enqueue(host_, name->second);
  }
  return true;
}

void Resolver::Awaiter::await_suspend(std::coroutine_handle<> waiting) {
  waiting_ = waiting;
  const sync::MutexLock lock(resolver_.mutex_);
  if (resolver_.names_.size() >= kNames && !resolver_.names_.contains(host_)) {
    std::erase_if(resolver_.names_, [](const auto& name) { return !name.second.running; });
  }
  Name& name = resolver_.names_[host_];
  name.waiting.push_back(this);
  resolver_.enqueue(host_, name);
}

void Resolver::Awaiter::cancel() {
  if (waiting_ && resolver_.forget(*this)) {
    resume();
  }
}

// By a message: whoever ends the wait is no frame below its owner.
void Resolver::Awaiter::resume() {
  boost::asio::post(worker_, [this] { std::exchange(waiting_, {}).resume(); });
}

// False: nothing waits there, or its answer is on its way.
bool Resolver::forget(const Awaiter& awaiter) {
  const sync::MutexLock lock(mutex_);
  const auto name = names_.find(awaiter.host_);
  return name != names_.end() && std::erase(name->second.waiting, &awaiter) > 0;
}

void Resolver::enqueue(const std::string& host, Name& name) {
  if (std::exchange(name.running, true)) {
    return;
  }
  queue_.push_back(host);
  wake_.notify_one();
  if (queue_.size() <= idle_ || threads_.size() == kThreads) {
    return;
  }
  try {
    add_thread();
  } catch (const std::system_error&) {
    return;  // there is none to be had: one of those that we have will do it
  }
}

void Resolver::add_thread() {
  threads_.emplace_back([this] { run(); });
  ++idle_;
}

void Resolver::run() {
  for (std::optional<std::string> host = next(); host; host = next()) {
    Endpoints answer = look_up_(*host);
    const sync::MutexLock lock(mutex_);
    finish(*host, std::move(answer));
    ++idle_;
  }
}

// Nothing: the end.
std::optional<std::string> Resolver::next() {
  const sync::MutexLock lock(mutex_);
  while (!stopping_ && queue_.empty()) {
    wake_.wait(mutex_);
  }
  if (stopping_) {
    return std::nullopt;
  }
  --idle_;
  std::string host = std::move(queue_.front());
  queue_.pop_front();
  return host;
}

void Resolver::finish(const std::string& host, Endpoints answer) {
  Name& name = names_[host];
  name.running = false;
  if (answer != nullptr) {
    name.answer = std::move(answer);
    name.fresh_until = clock_.now() + kFresh;
  }
  for (Awaiter* awaiter : name.waiting) {
    awaiter->answer_ = with_port(name.answer, awaiter->port_);
    awaiter->resume();
  }
  name.waiting.clear();
}

}  // namespace penstock::net
