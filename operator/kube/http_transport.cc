#include "operator/kube/http_transport.h"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <string>
#include <utility>
#include <vector>

#include <httplib.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "lib/sync/mutex.h"
#include "operator/kube/pem.h"
#include "operator/kube/text_file.h"

namespace penstock::kube {
namespace {

constexpr std::chrono::seconds kRefresh{10};
constexpr std::size_t kIdleMax = 16;
constexpr int kUnauthorized = 401;

// A token or CA as it is mounted; its last line may end.
std::string read_secret(const std::string& path) {
  std::string text = read_text_file(path).value_or("");
  while (text.ends_with('\n')) {
    text.pop_back();
  }
  return text;
}

// Finds a peer that vanished within a minute, also while nothing is sent.
void keep_alive(int descriptor) {
  const auto set = [descriptor](int level, int name, int value) {
    setsockopt(descriptor, level, name, &value, sizeof(value));
  };
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, 20);
  set(IPPROTO_TCP, TCP_KEEPINTVL, 10);
  set(IPPROTO_TCP, TCP_KEEPCNT, 4);
  // Nothing is probed while something that was sent waits to be acknowledged: that has this time.
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, 20'000);
}

ApiError no_answer(httplib::Error error) {
  return {.message = "no answer from the API server: " + httplib::to_string(error)};
}

std::optional<std::chrono::seconds> retry_after(const httplib::Response& response) {
  const std::string text = response.get_header_value("Retry-After");
  int seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  return error == std::errc() && seconds >= 0 ? std::optional(std::chrono::seconds(seconds))
                                              : std::nullopt;
}

}  // namespace

// The clients that wait for a call, and what a new one is made with.
class HttpTransport::Connections {
 public:
  using ClientPtr = std::unique_ptr<httplib::ClientImpl>;

  struct Lease {
    ClientPtr client;
    std::string token;
    std::uint64_t generation = 0;
    bool reused = false;
  };

  Connections(ClusterConfig config, const clock::Clock& clock, Timeouts timeouts)
      : config_(std::move(config)), clock_(clock), timeouts_(timeouts) {}

  [[nodiscard]] const Timeouts& timeouts() const { return timeouts_; }

  ApiResult<Lease> take(bool may_reuse) {
    Lease lease;
    std::string ca;
    {
      const sync::MutexLock lock(mutex_);
      refresh();
      lease.token = token_;
      lease.generation = generation_;
      ca = ca_;
      if (may_reuse && !idle_.empty()) {
        lease.client = std::move(idle_.back());
        idle_.pop_back();
        lease.reused = true;
        return lease;
      }
    }
    lease.client = connect(ca);
    if (!lease.client) {
      return std::unexpected(ApiError{.message = "the CA or client certificate is not valid PEM"});
    }
    return lease;
  }

  // Whoever comes next reads the files again: the server does not know their token any more.
  void refused() {
    const sync::MutexLock lock(mutex_);
    read_at_.reset();
  }

  // What is kept may lead to the server that gave no answer.
  void drop_idle() {
    std::vector<ClientPtr> ended;  // which takes its time, without the lock
    const sync::MutexLock lock(mutex_);
    ended.swap(idle_);
  }

  void give_back(Lease lease) {
    const sync::MutexLock lock(mutex_);
    if (lease.generation == generation_ && idle_.size() < kIdleMax) {
      idle_.push_back(std::move(lease.client));
    }
  }

  [[nodiscard]] httplib::Request message(const Request& request, const std::string& token) const {
    httplib::Request message;
    message.method = request.method;
    message.path = config_.base_path + request.path;
    message.body = request.body;
    message.headers.emplace("Accept", "application/json");
    message.headers.emplace("Accept-Encoding", "identity");
    message.headers.emplace("User-Agent", "penstock-operator");
    if (!request.content_type.empty()) {
      message.headers.emplace("Content-Type", request.content_type);
    }
    if (!token.empty()) {
      message.headers.emplace("Authorization", "Bearer " + token);
    }
    return message;
  }

 private:
  // Files are read again at most every kRefresh. Connections of an old CA are not used again.
  void refresh() PENSTOCK_REQUIRES(mutex_) {
    const clock::Instant now = clock_.now();
    if (read_at_ && now < *read_at_ + kRefresh) {
      return;
    }
    read_at_ = now;
    token_ = config_.token_file.empty() ? config_.token : read_secret(config_.token_file);
    std::string ca = config_.ca_pem.empty() && !config_.ca_file.empty()
                         ? read_secret(config_.ca_file)
                         : config_.ca_pem;
    if (ca != ca_) {
      ca_ = std::move(ca);
      ++generation_;
      idle_.clear();
    }
  }

  [[nodiscard]] ClientPtr connect(const std::string& ca) const {
    ClientPtr client = config_.https
                           ? connect_tls(ca)
                           : std::make_unique<httplib::ClientImpl>(config_.host, config_.port);
    if (client) {
      client->set_keep_alive(true);
      client->set_tcp_nodelay(true);
      client->set_connection_timeout(timeouts_.connecting);
      client->set_write_timeout(timeouts_.calls);
      client->set_socket_options([](socket_t descriptor) { keep_alive(descriptor); });
    }
    return client;
  }

  [[nodiscard]] ClientPtr connect_tls(const std::string& ca) const {
    CertificatePtr certificate;
    KeyPtr key;
    if (!config_.client_pem.empty()) {
      certificate = certificate_of(config_.client_pem);
      key = key_of(config_.client_key_pem);
      if (!certificate || !key) {
        return nullptr;
      }
    }
    auto client = std::make_unique<httplib::SSLClient>(config_.host, config_.port,
                                                       certificate.get(), key.get());
    if (!ca.empty()) {
      StorePtr store = store_of(ca);
      if (!store) {
        return nullptr;
      }
      client->set_ca_cert_store(store.release());  // the client's own from here on
    }
    client->enable_server_certificate_verification(true);
    return client;
  }

  const ClusterConfig config_;
  const clock::Clock& clock_;
  const Timeouts timeouts_;
  sync::Mutex mutex_;
  std::vector<ClientPtr> idle_ PENSTOCK_GUARDED_BY(mutex_);
  std::optional<clock::Instant> read_at_ PENSTOCK_GUARDED_BY(mutex_);
  std::string token_ PENSTOCK_GUARDED_BY(mutex_);
  std::string ca_ PENSTOCK_GUARDED_BY(mutex_);
  std::uint64_t generation_ PENSTOCK_GUARDED_BY(mutex_) = 0;
};

// OpenSSL writes without MSG_NOSIGNAL: a server that closes first must not end the process.
HttpTransport::HttpTransport(ClusterConfig config, const clock::Clock& clock, Timeouts timeouts,
                             std::size_t body_bytes_max)
    : body_bytes_max_(body_bytes_max),
      connections_(std::make_unique<Connections>(std::move(config), clock, timeouts)) {
  std::signal(SIGPIPE, SIG_IGN);
}

HttpTransport::~HttpTransport() = default;

ApiResult<Response> HttpTransport::call(const Request& request) {
  const Timeouts& timeouts = connections_->timeouts();
  const auto patience = request.patience.count() > 0 ? request.patience : timeouts.calls;
  for (bool may_reuse = true;; may_reuse = false) {
    ApiResult<Connections::Lease> lease = connections_->take(may_reuse);
    if (!lease) {
      return std::unexpected(std::move(lease).error());
    }
    Response answer;
    bool too_large = false;
    httplib::Request message = connections_->message(request, lease->token);
    message.content_receiver = [&](const char* bytes, std::size_t size, std::uint64_t,
                                   std::uint64_t) {
      too_large = answer.body.size() + size > body_bytes_max_;
      if (!too_large) {
        answer.body.append(bytes, size);
      }
      return !too_large;
    };
    lease->client->set_connection_timeout(std::min(timeouts.connecting, patience));
    lease->client->set_read_timeout(patience);
    httplib::Response response;
    httplib::Error error = httplib::Error::Success;
    if (lease->client->send(message, response, error)) {
      answer.status = response.status;
      answer.retry_after = retry_after(response);
      if (answer.status == kUnauthorized) {
        connections_->refused();
      }
      connections_->give_back(std::move(*lease));
      return answer;
    }
    if (too_large) {
      return std::unexpected(
          ApiError{.message = "the API server's answer is too large", .too_large = true});
    }
    connections_->drop_idle();
    // A kept connection may have been closed meanwhile. What only reads is safe to ask again.
    if (!lease->reused || request.method != "GET") {
      return std::unexpected(no_answer(error));
    }
  }
}

ApiResult<Response> HttpTransport::stream(const Request& request, std::stop_token stop,
                                          const std::function<bool(std::string_view)>& on_bytes) {
  ApiResult<Connections::Lease> lease = connections_->take(false);
  if (!lease) {
    return std::unexpected(std::move(lease).error());
  }
  Response answer;
  bool wanted = true;
  httplib::Request message = connections_->message(request, lease->token);
  message.response_handler = [&](const httplib::Response& response) {
    answer.status = response.status;
    answer.retry_after = retry_after(response);
    if (answer.status == kUnauthorized) {
      connections_->refused();
    }
    return !stop.stop_requested();
  };
  message.content_receiver = [&](const char* bytes, std::size_t size, std::uint64_t,
                                 std::uint64_t) {
    if (answer.status == 200) {
      wanted = on_bytes({bytes, size});
      return wanted;
    }
    answer.body.append(bytes, size);
    return answer.body.size() <= body_bytes_max_;
  };
  lease->client->set_read_timeout(connections_->timeouts().streams);
  httplib::Response response;
  httplib::Error error = httplib::Error::Success;
  const std::stop_callback cut(stop, [&lease] { lease->client->stop(); });
  const bool complete = lease->client->send(message, response, error);
  if (!complete && wanted && !stop.stop_requested()) {
    return std::unexpected(no_answer(error));
  }
  return answer;
}

}  // namespace penstock::kube
