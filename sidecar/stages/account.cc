#include "sidecar/stages/account.h"

#include "lib/random/split_mix64.h"
#include "sidecar/request/lifecycle.h"
#include "sidecar/request/worker_services.h"

namespace penstock::stages {
namespace {

bool sampled(double share, random::SplitMix64& random) {
  constexpr double kRange = 18446744073709551616.0;  // 2^64
  return share >= 1.0 || static_cast<double>(random.next()) < share * kRange;
}

}  // namespace

pipeline::Verdict AccountStage::on_request(request::CallerContext& /*caller*/) noexcept {
  return pipeline::Verdict::kContinue;
}

void AccountStage::on_complete(request::CallerContext& caller) noexcept {
  const request::RequestRecord record = request::record_of(caller);
  request::WorkerServices& worker = caller.worker;
  worker.metrics.record(record);
  worker.recent.add(record);
  if (log_sampling_ <= 0.0 || !worker.access_log.enabled()) {
    return;
  }
  const bool failed = record.status == 0 || record.status >= 400;
  if (failed || sampled(log_sampling_, worker.random)) {
    worker.access_log.add(record);
  }
}

}  // namespace penstock::stages
