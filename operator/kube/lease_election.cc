#include "operator/kube/lease_election.h"

#include "operator/kube/object_meta.h"
#include "operator/kube/resource_type.h"

namespace penstock::kube {

LeaseRecord read_lease(const json::Value& object) {
  const json::Value& spec = member(object, "spec");
  return {.holder = text_of(spec, "holderIdentity"),
          .renew_time = text_of(spec, "renewTime"),
          .acquire_time = text_of(spec, "acquireTime"),
          .duration_seconds = number_of(spec, "leaseDurationSeconds"),
          .transitions = number_of(spec, "leaseTransitions"),
          .resource_version = read_meta(object).resource_version};
}

std::optional<LeaseRecord> LeaseElection::observe(Instant now,
                                                  const std::optional<LeaseRecord>& current,
                                                  const std::string& wall_time) {
  LeaseRecord wanted{.holder = identity_,
                     .renew_time = wall_time,
                     .acquire_time = wall_time,
                     .duration_seconds = times_.duration.count()};
  if (!current) {
    return wanted;
  }
  wanted.resource_version = current->resource_version;
  wanted.transitions = current->transitions;
  if (current->holder == identity_) {
    wanted.acquire_time = current->acquire_time;
    return wanted;
  }
  renewed_.reset();
  if (current != seen_) {
    seen_ = current;
    seen_at_ = now;
  }
  const std::chrono::seconds patience(current->duration_seconds > 0 ? current->duration_seconds
                                                                    : times_.duration.count());
  if (!current->holder.empty() && now < seen_at_ + patience) {
    return std::nullopt;
  }
  ++wanted.transitions;
  return wanted;
}

json::Value write_lease(const std::string& ns, const std::string& name, const LeaseRecord& record) {
  json::Value metadata = {{"name", name}, {"namespace", ns}};
  if (!record.resource_version.empty()) {
    metadata["resourceVersion"] = record.resource_version;
  }
  return {{"apiVersion", kLeases.api_version()},
          {"kind", kLeases.kind},
          {"metadata", std::move(metadata)},
          {"spec",
           {{"holderIdentity", record.holder},
            {"renewTime", record.renew_time},
            {"acquireTime", record.acquire_time},
            {"leaseDurationSeconds", record.duration_seconds},
            {"leaseTransitions", record.transitions}}}};
}

}  // namespace penstock::kube
