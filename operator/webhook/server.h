#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "lib/clock/clock.h"
#include "lib/result/result.h"
#include "operator/webhook/review.h"
#include "operator/webhook/x509.h"

namespace penstock::webhook {

// Serves POST /inject over TLS 1.2 or newer to the API servers. Threads: any; reviews run on the
// server's own.
class Server {
 public:
  // `reviewed` is told of each review: whether it was one, and how long its answer took.
  using Reviewed = std::function<void(bool good, std::chrono::duration<double> took)>;

  explicit Server(InjectionsOf injections_of, const clock::Clock& clock, Reviewed reviewed = {});
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // The port it listens on: any free one where `port` is 0.
  Result<int> listen(const std::string& host, int port);

  // New connections get this certificate; those that are open stay as they are.
  void use(const CertifiedKey& certified);
  // Whether it has a certificate; without one every handshake fails.
  [[nodiscard]] bool ready() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace penstock::webhook
