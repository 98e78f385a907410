#pragma once

#include <memory>

#include "lib/clock/clock.h"
#include "operator/kube/api.h"
#include "operator/kube/cluster_config.h"

namespace penstock::kube {

// A Transport over cpp-httplib: connections are kept and shared by calls, each stream has its own.
// Token and CA files are read again every few seconds. Threads: any; a call blocks its own.
// The first one makes the process ignore SIGPIPE.
class HttpTransport final : public Transport {
 public:
  // A longer answer is an error: no page of a list is near it.
  static constexpr std::size_t kBodyBytesMax = 64ULL << 20;

  HttpTransport(ClusterConfig config, const clock::Clock& clock);
  ~HttpTransport() override;

  ApiResult<Response> call(const Request& request) override;
  ApiResult<Response> stream(const Request& request, std::stop_token stop,
                             const std::function<bool(std::string_view)>& on_bytes) override;

 private:
  class Connections;
  std::unique_ptr<Connections> connections_;
};

}  // namespace penstock::kube
