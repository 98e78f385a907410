#include "sidecar/stages/account.h"

#include "sidecar/request/worker_services.h"

namespace penstock::stages {
namespace {

using request::RequestTiming;

// What Penstock itself took: everything but waiting for the upstream.
RequestTiming::Micros overhead(const RequestTiming& timing) {
  RequestTiming::Micros waited{0};
  if (timing.upstream != RequestTiming::kUnmeasured) {
    waited += timing.upstream;
  }
  return std::max(timing.total - waited, RequestTiming::Micros{0});
}

bool sampled(double share, request::Random& random) {
  constexpr double kRange = 18446744073709551616.0;  // 2^64
  return share >= 1.0 || static_cast<double>(random.next()) < share * kRange;
}

}  // namespace

pipeline::Verdict AccountStage::on_request(request::CallerContext& caller) noexcept {
  request::RequestRecord& record = caller.record;
  record.model = caller.facts.model;
  record.stream = caller.facts.stream;
  return pipeline::Verdict::kContinue;
}

void AccountStage::on_complete(request::CallerContext& caller) noexcept {
  request::RequestRecord& record = caller.record;
  request::WorkerServices& worker = caller.worker;
  record.timing.total =
      std::chrono::duration_cast<std::chrono::microseconds>(worker.clock.now() - caller.started);
  record.timing.overhead = overhead(record.timing);
  worker.metrics.record(record);
  worker.recent.add(record);
  const bool failed = record.status == 0 || record.status >= 400;
  if (worker.access_log.enabled() && (failed || sampled(log_sampling_, worker.random))) {
    worker.access_log.add(record);
  }
}

}  // namespace penstock::stages
