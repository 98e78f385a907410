#include "lib/net/resolver.h"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include <boost/asio/post.hpp>
#include <netdb.h>
#include <sys/socket.h>

#include "lib/sync/mutex.h"

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

// The addresses from `begin` on that are of its family, the `turn`th of them first. The end of
// them.
std::vector<Endpoint>::iterator take_turn(std::vector<Endpoint>& endpoints,
                                          std::vector<Endpoint>::iterator begin, std::size_t turn) {
  const auto end = std::find_if(begin, endpoints.end(), [begin](const Endpoint& endpoint) {
    return endpoint.protocol() != begin->protocol();
  });
  const auto count = static_cast<std::size_t>(end - begin);
  std::rotate(begin, begin + static_cast<std::ptrdiff_t>(turn % count), end);
  return end;
}

// But for the turns, and for the second place, RFC 6724's order stays.
Endpoints from_turn(const std::vector<Endpoint>& answer, std::size_t turn, std::uint16_t port) {
  auto endpoints = std::make_shared<std::vector<Endpoint>>(answer);
  for (Endpoint& endpoint : *endpoints) {
    endpoint.port(port);
  }
  const auto others = take_turn(*endpoints, endpoints->begin(), turn);
  if (others != endpoints->end()) {
    take_turn(*endpoints, others, turn);
    std::rotate(endpoints->begin() + 1, others, others + 1);
  }
  return endpoints;
}

}  // namespace

// What the resolver shares with its threads, so that one that hangs needs nobody to wait for it.
class Resolver::LookUps : public std::enable_shared_from_this<LookUps> {
 public:
  LookUps(LookUp look_up, const clock::Clock& clock)
      : look_up_(std::move(look_up)), clock_(clock) {}

  void begin() {
    const sync::MutexLock lock(mutex_);
    add_thread();
  }

  // From here on nobody is told of an answer.
  void end() {
    const sync::MutexLock lock(mutex_);
    stopping_ = true;
    wake_.notify_all();
  }

  // nullptr: there is none yet, or none to rely on.
  Endpoints known(const std::string& host, std::uint16_t port);
  void doubt(const std::string& host);
  void wait(Awaiter& awaiter);
  // False: nothing waits there, or its answer is on its way.
  bool forget(const Awaiter& awaiter);
  // The same, and where there is no answer yet.
  bool settle(Awaiter& awaiter);

 private:
  struct Name {
    Endpoints answer;  // port 0
    clock::Instant fresh_until;
    clock::Instant asked;  // when the last look-up ended, well or not
    std::size_t turn = 0;
    bool doubted = false;
    bool running = false;  // in line, or being looked up
    bool overdue = false;  // … and somebody has waited for that for long enough
    std::vector<Awaiter*> waiting;
  };

  void enqueue(const std::string& host, Name& name) PENSTOCK_REQUIRES(mutex_);
  void add_thread() PENSTOCK_REQUIRES(mutex_);
  void run();
  std::optional<std::string> next();
  void finish(const std::string& host, Endpoints answer);

  const LookUp look_up_;
  const clock::Clock& clock_;
  sync::Mutex mutex_;
  sync::Condition wake_;
  std::map<std::string, Name, std::less<>> names_ PENSTOCK_GUARDED_BY(mutex_);
  std::deque<std::string> queue_ PENSTOCK_GUARDED_BY(mutex_);
  std::size_t threads_ PENSTOCK_GUARDED_BY(mutex_) = 0;
  std::size_t idle_ PENSTOCK_GUARDED_BY(mutex_) = 0;  // threads that look nothing up
  bool stopping_ PENSTOCK_GUARDED_BY(mutex_) = false;
};

Resolver::Resolver() : Resolver(ask_system, real_clock()) {}

Resolver::Resolver(LookUp look_up, const clock::Clock& clock)
    : look_ups_(std::make_shared<LookUps>(std::move(look_up), clock)) {
  look_ups_->begin();
}

Resolver::~Resolver() {
  look_ups_->end();
}

void Resolver::doubt(const std::string& host) {
  look_ups_->doubt(host);
}

Resolver::Awaiter::Awaiter(LookUps& look_ups, Executor worker, const std::string& host,
                           std::uint16_t port)
    : look_ups_(look_ups), worker_(worker), host_(host), port_(port) {}

Resolver::Awaiter::~Awaiter() {
  if (waiting_) {
    static_cast<void>(look_ups_.forget(*this));
  }
}

bool Resolver::Awaiter::await_ready() {
  boost::system::error_code not_an_address;
  const auto address = boost::asio::ip::make_address(host_, not_an_address);
  if (!not_an_address) {
    answer_ = std::make_shared<std::vector<Endpoint>>(1, Endpoint(address, port_));
    return true;
  }
  answer_ = look_ups_.known(host_, port_);
  return answer_ != nullptr;
}

void Resolver::Awaiter::await_suspend(std::coroutine_handle<> waiting) {
  waiting_ = waiting;
  look_ups_.wait(*this);
}

void Resolver::Awaiter::cancel() {
  if (waiting_ && look_ups_.forget(*this)) {
    resume();
  }
}

void Resolver::Awaiter::settle() {
  if (waiting_ && look_ups_.settle(*this)) {
    resume();
  }
}

// By a message: whoever ends the wait is no frame below its owner.
void Resolver::Awaiter::resume() {
  boost::asio::post(worker_, [this] { std::exchange(waiting_, {}).resume(); });
}

Endpoints Resolver::LookUps::known(const std::string& host, std::uint16_t port) {
  const sync::MutexLock lock(mutex_);
  const auto found = names_.find(host);
  if (found == names_.end() || found->second.answer == nullptr) {
    return nullptr;
  }
  Name& name = found->second;
  const clock::Instant now = clock_.now();
  const bool reliable = !name.doubted && now < name.asked + kOld;
  if (!reliable && !name.overdue) {
    return nullptr;
  }
  if (now >= name.fresh_until) {
    enqueue(host, name);
  }
  return from_turn(*name.answer, name.turn++, port);
}

void Resolver::LookUps::doubt(const std::string& host) {
  const sync::MutexLock lock(mutex_);
  const auto name = names_.find(host);
  if (name != names_.end() && clock_.now() >= name->second.asked + kDoubtful) {
    name->second.doubted = true;
  }
}

void Resolver::LookUps::wait(Awaiter& awaiter) {
  const sync::MutexLock lock(mutex_);
  if (names_.size() >= kNames && !names_.contains(awaiter.host_)) {
    std::erase_if(names_, [](const auto& name) { return !name.second.running; });
  }
  Name& name = names_[awaiter.host_];
  name.waiting.push_back(&awaiter);
  enqueue(awaiter.host_, name);
}

bool Resolver::LookUps::forget(const Awaiter& awaiter) {
  const sync::MutexLock lock(mutex_);
  const auto name = names_.find(awaiter.host_);
  return name != names_.end() && std::erase(name->second.waiting, &awaiter) > 0;
}

bool Resolver::LookUps::settle(Awaiter& awaiter) {
  const sync::MutexLock lock(mutex_);
  const auto found = names_.find(awaiter.host_);
  if (found == names_.end() || found->second.answer == nullptr) {
    return false;
  }
  Name& name = found->second;
  if (std::erase(name.waiting, &awaiter) == 0) {
    return false;
  }
  name.overdue = true;
  awaiter.answer_ = from_turn(*name.answer, name.turn++, awaiter.port_);
  return true;
}

void Resolver::LookUps::enqueue(const std::string& host, Name& name) {
  if (std::exchange(name.running, true)) {
    return;
  }
  queue_.push_back(host);
  wake_.notify_one();
  if (queue_.size() <= idle_ || threads_ == kThreads) {
    return;
  }
  try {
    add_thread();
  } catch (const std::system_error&) {
    return;  // there is none to be had: one of those that we have will do it
  }
}

void Resolver::LookUps::add_thread() {
  std::thread([self = shared_from_this()] { self->run(); }).detach();
  ++threads_;
  ++idle_;
}

void Resolver::LookUps::run() {
  for (std::optional<std::string> host = next(); host; host = next()) {
    finish(*host, look_up_(*host));
  }
}

// Nothing: the end.
std::optional<std::string> Resolver::LookUps::next() {
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

void Resolver::LookUps::finish(const std::string& host, Endpoints answer) {
  const sync::MutexLock lock(mutex_);
  ++idle_;
  if (stopping_) {
    return;  // the clock and the workers may be gone
  }
  Name& name = names_[host];
  name.running = false;
  name.doubted = false;
  name.overdue = false;
  name.asked = clock_.now();
  if (answer != nullptr) {
    name.answer = std::move(answer);
    name.fresh_until = name.asked + kFresh;
  }
  for (Awaiter* awaiter : name.waiting) {
    if (name.answer != nullptr) {
      awaiter->answer_ = from_turn(*name.answer, name.turn++, awaiter->port_);
    }
    awaiter->resume();
  }
  name.waiting.clear();
}

}  // namespace penstock::net
