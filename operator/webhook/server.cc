#include "operator/webhook/server.h"

#include <algorithm>
#include <memory>
#include <thread>
#include <utility>

#include <httplib.h>

#include "lib/sync/mutex.h"
#include "operator/kube/pem.h"
#include "operator/webhook/connection_threads.h"
#include "operator/webhook/review_body.h"

namespace penstock::webhook {
namespace {

constexpr std::size_t kConnectionsMax = 256;
// Reading a body as JSON takes several times its length.
constexpr std::size_t kLargeBodiesBytes = 8U << 20U;
// An idle connection is looked at a thousand times a second by httplib, so it is not kept long.
constexpr int kIdleSeconds = 5;
constexpr std::size_t kRequestsMost = 100'000;  // on one connection

struct Identity {
  kube::CertificatePtr certificate;
  kube::KeyPtr key;
};

}  // namespace

struct Server::Impl {
  Impl(InjectionsOf source, const clock::Clock& with_clock, Reviewed tell)
      : injections_of(std::move(source)), clock(with_clock), reviewed(std::move(tell)) {}

  bool prepare(SSL_CTX& context) {
    SSL_CTX_set_cert_cb(&context, &Impl::install, this);
    return SSL_CTX_set_min_proto_version(&context, TLS1_2_VERSION) == 1;
  }

  // Called in each handshake, so that a new certificate needs no new listener.
  static int install(SSL* connection, void* self) {
    const std::shared_ptr<const Identity> identity = static_cast<Impl*>(self)->current();
    return identity != nullptr &&
                   SSL_use_certificate(connection, identity->certificate.get()) == 1 &&
                   SSL_use_PrivateKey(connection, identity->key.get()) == 1
               ? 1
               : 0;
  }

  std::shared_ptr<const Identity> current() const {
    const sync::MutexLock lock(mutex);
    return identity;
  }

  void answer(const httplib::ContentReader& read, httplib::Response& response) {
    const clock::Instant began = clock.now();
    ReviewBody body(budget);
    const bool whole =
        read([&body](const char* data, std::size_t length) { return body.add({data, length}); });
    if (!whole || body.refusal() != 0) {
      if (reviewed) {
        reviewed(false, clock.now() - began);
      }
      // Where httplib refused it, the status says why.
      response.status = body.refusal() != 0 ? body.refusal() : std::max(response.status, 400);
      return;
    }
    const Result<std::string> answer = answer_review(body.text(), injections_of);
    if (reviewed) {
      reviewed(answer.has_value(), clock.now() - began);
    }
    response.status = answer ? 200 : http_status(answer.error().code);
    response.set_content(answer ? *answer : answer.error().detail,
                         answer ? "application/json" : "text/plain");
  }

  const InjectionsOf injections_of;
  const clock::Clock& clock;
  const Reviewed reviewed;
  BodyBudget budget{kLargeBodiesBytes};
  mutable sync::Mutex mutex;
  std::shared_ptr<const Identity> identity PENSTOCK_GUARDED_BY(mutex);
  httplib::SSLServer server{[this](SSL_CTX& context) { return prepare(context); }};
  std::thread thread;
};

Server::Server(InjectionsOf injections_of, const clock::Clock& clock, Reviewed reviewed)
    : impl_(std::make_unique<Impl>(std::move(injections_of), clock, std::move(reviewed))) {
  httplib::SSLServer& server = impl_->server;
  server.new_task_queue = [] { return new ConnectionThreads(kConnectionsMax); };
  server.set_payload_max_length(ReviewBody::kReadMax);
  server.set_keep_alive_timeout(kIdleSeconds);
  server.set_keep_alive_max_count(kRequestsMost);
  server.set_tcp_nodelay(true);
  server.Post("/inject", [impl = impl_.get()](const httplib::Request&, httplib::Response& response,
                                              const httplib::ContentReader& read) {
    impl->answer(read, response);
  });
}

Server::~Server() {
  if (impl_->thread.joinable()) {
    impl_->server.stop();
    impl_->thread.join();
  }
}

Result<int> Server::listen(const std::string& host, int port) {
  int bound = -1;
  if (impl_->server.is_valid()) {
    bound = port == 0                                ? impl_->server.bind_to_any_port(host)
            : impl_->server.bind_to_port(host, port) ? port
                                                     : -1;
  }
  if (bound < 0) {
    return fail(ErrorCode::kInvalidConfig,
                "--webhook: cannot listen on " + host + ":" + std::to_string(port));
  }
  impl_->thread = std::thread([this] { impl_->server.listen_after_bind(); });
  return bound;
}

void Server::use(const CertifiedKey& certified) {
  auto identity = std::make_shared<Identity>(kube::certificate_of(certified.certificate_pem),
                                             kube::key_of(certified.key_pem));
  if (!identity->certificate || !identity->key) {
    return;
  }
  const sync::MutexLock lock(impl_->mutex);
  impl_->identity = std::move(identity);
}

bool Server::ready() const {
  return impl_->current() != nullptr;
}

}  // namespace penstock::webhook
