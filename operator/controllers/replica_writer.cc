#include "operator/controllers/replica_writer.h"

#include <algorithm>

#include "operator/kube/scale.h"

namespace penstock::controllers {

using kube::ApiResult;

void ReplicaWriter::Refusal::renew(const kube::ApiError& error, clock::Instant now) {
  problem = error.message;
  pause = std::clamp(2 * pause, kPauseMin, kPauseMax);
  until = now + std::max<std::chrono::milliseconds>(
                    pause, error.retry_after.value_or(std::chrono::seconds(0)));
}

ReplicaWriter::Done ReplicaWriter::write(kube::Client& client, const Stores& stores,
                                         const collect::Collector& collector, clock::Instant now,
                                         const ReplicaOrder& order) {
  Done done;
  if (!order.decision.write) {
    unwritten_ = {};
  }
  const bool seen = mark(client, stores, collector, now, order);
  done.unmarkable = unmarked_.problem;
  if (order.allowed && seen && !unwritten_.stands(now)) {
    const ApiResult<kube::Scale> written = kube::write_scale(
        client, order.live.path, *order.decision.write, order.live.resource_version);
    done.set = written.has_value();
    // Somebody wrote it since: that is looked at first.
    if (written || written.error().conflict()) {
      unwritten_ = {};
    } else {
      unwritten_.renew(written.error(), now);
    }
  }
  done.problem = unwritten_.problem;
  return done;
}

// False: replicas wait for a look, so that the marks are seen.
bool ReplicaWriter::mark(kube::Client& client, const Stores& stores,
                         const collect::Collector& collector, clock::Instant now,
                         const ReplicaOrder& order) {
  if (unmarked_.stands(now)) {
    return true;
  }
  const ApiResult<bool> marked = marks_.mark(
      client, stores, collector,
      {order.policy.meta.ns, order.pods, order.decision, order.policy.parsed.autoscaling->target});
  if (!marked) {
    unmarked_.renew(marked.error(), now);
    return true;
  }
  unmarked_ = {};
  return *marked;
}

}  // namespace penstock::controllers
