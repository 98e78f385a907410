// What is counted outside of, or before the end of, a request.
#include "sidecar/request/worker_metrics.h"

namespace penstock::request {

void WorkerMetrics::request_started(bool model_call) {
  shard_.add(in_flight_);
  if (model_call) {
    shard_.add(model_requests_started_);
  }
}

void WorkerMetrics::request_ended(bool model_call, ErrorSide side) {
  shard_.sub(in_flight_);
  if (!model_call) {
    return;
  }
  shard_.add(model_requests_finished_);
  if (side != ErrorSide::kNone) {
    shard_.add(model_request_errors_.find(label(side)));
  }
}

void WorkerMetrics::tunnelled(std::uint64_t bytes_up, std::uint64_t bytes_down) {
  shard_.add(tunnel_up_, bytes_up);
  shard_.add(tunnel_down_, bytes_down);
}

void WorkerMetrics::upstream_opened(std::string_view backend) {
  shard_.add(upstream_opened_.find(backend));
  shard_.add(upstream_connections_);
}

void WorkerMetrics::upstream_retried(std::string_view backend, std::string_view reason) {
  shard_.add(
      registry_.series(families_.upstream_retries, {std::string(backend), std::string(reason)}));
}

void WorkerMetrics::upstream_failed(std::string_view backend, std::string_view reason) {
  shard_.add(
      registry_.series(families_.upstream_errors, {std::string(backend), std::string(reason)}));
}

}  // namespace penstock::request
