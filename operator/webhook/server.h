#pragma once

#include <memory>
#include <string>

#include "lib/result/result.h"
#include "operator/webhook/review.h"
#include "operator/webhook/x509.h"

namespace penstock::webhook {

// Serves POST /inject over TLS 1.2 or newer to the API servers. Threads: any; reviews run on the
// server's own.
class Server {
 public:
  explicit Server(InjectionsOf injections_of);
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
