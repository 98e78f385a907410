#pragma once

#include <chrono>
#include <cstddef>
#include <memory>

#include "lib/clock/clock.h"
#include "operator/kube/api.h"
#include "operator/kube/cluster_config.h"

namespace penstock::kube {

// How long an API server may stay silent. Without a byte for so long a call fails with status 0.
struct Timeouts {
  std::chrono::milliseconds connecting{5'000};
  std::chrono::milliseconds calls{60'000};
  // A watch is quiet for up to a minute, until its bookmark; dead peers are found by TCP.
  std::chrono::milliseconds streams{320'000};
};

// A Transport over cpp-httplib: connections are kept and shared by calls, each stream has its own.
// Token and CA files are read again every few seconds, and after a 401. Threads: any; a call blocks
// its own. The first one makes the process ignore SIGPIPE. The head of an answer has no bound:
// cpp-httplib 0.11 reads its lines whole, however long they are, and lets nobody between it and the
// socket. Who could use that holds a certificate of the cluster's CA, and may tell the operator
// anything.
class HttpTransport final : public Transport {
 public:
  // A longer answer is an error, which says so (too_large).
  static constexpr std::size_t kBodyBytesMax = 64ULL << 20;

  HttpTransport(ClusterConfig config, const clock::Clock& clock, Timeouts timeouts = {},
                std::size_t body_bytes_max = kBodyBytesMax);
  ~HttpTransport() override;

  ApiResult<Response> call(const Request& request) override;
  ApiResult<Response> stream(const Request& request, std::stop_token stop,
                             const std::function<bool(std::string_view)>& on_bytes) override;

 private:
  class Connections;
  const std::size_t body_bytes_max_;
  std::unique_ptr<Connections> connections_;
};

}  // namespace penstock::kube
