#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/sync/mutex.h"
#include "lib/telemetry/registry.h"
#include "operator/kube/api.h"

namespace penstock::control {

// The operator's own metrics, at /metrics of its health listener. Threads: any.
class Metrics {
 public:
  using Value = std::function<double()>;

  // Read at each scrape; they must not call this.
  struct Gauges {
    Value leads;                                         // 1 or 0
    Value queued;                                        // keys that wait to be worked on
    std::vector<std::pair<std::string, Value>> objects;  // by resource
  };

  Metrics(Gauges gauges, double start_time_seconds);

  // One look at an object of `kind`.
  void worked(std::string_view kind, bool succeeded, std::chrono::duration<double> took);
  // One request to the API server; status 0: no answer. A watch counts once it has ended.
  void called(std::string_view method, int status);
  // One review of a new pod by the webhook.
  void reviewed(bool good, std::chrono::duration<double> took);

  [[nodiscard]] std::string render() const { return registry_.render(); }
  telemetry::Registry& registry() { return registry_; }

 private:
  void count(telemetry::Family family, const std::vector<std::string>& labels);
  void observe(telemetry::Family family, const std::vector<std::string>& labels, double value);

  telemetry::Registry registry_;
  std::vector<telemetry::GaugeHandle> gauges_;
  const telemetry::Family work_;
  const telemetry::Family work_seconds_;
  const telemetry::Family calls_;
  const telemetry::Family reviews_;
  const telemetry::Family review_seconds_;
  // One writer at a time: what is counted here happens a few hundred times a second at most.
  sync::Mutex mutex_;
  telemetry::Shard& shard_ PENSTOCK_GUARDED_BY(mutex_);
};

// Tells of every request that passes.
class CountedTransport final : public kube::Transport {
 public:
  using Called = std::function<void(std::string_view method, int status)>;

  CountedTransport(kube::Transport& transport, Called called)
      : transport_(transport), called_(std::move(called)) {}

  kube::ApiResult<kube::Response> call(const kube::Request& request) override {
    return counted(request, transport_.call(request));
  }
  kube::ApiResult<kube::Response> stream(
      const kube::Request& request, std::stop_token stop,
      const std::function<bool(std::string_view)>& on_bytes) override {
    return counted(request, transport_.stream(request, std::move(stop), on_bytes));
  }

 private:
  kube::ApiResult<kube::Response> counted(const kube::Request& request,
                                          kube::ApiResult<kube::Response> answer) const {
    called_(request.method, answer ? answer->status : 0);
    return answer;
  }

  kube::Transport& transport_;
  const Called called_;
};

}  // namespace penstock::control
