#include "operator/kube/leader.h"

#include <utility>

#include "operator/kube/pause.h"
#include "operator/kube/timestamp.h"

namespace penstock::kube {

Leader::Leader(Client& client, const clock::Clock& clock, std::string ns, std::string name,
               std::string identity, LeaseTimes times)
    : client_(client),
      clock_(clock),
      ns_(std::move(ns)),
      name_(std::move(name)),
      election_(std::move(identity), times) {}

void Leader::run(const std::stop_token& stop, const std::function<void(Leadership)>& on_change) {
  bool led = false;
  std::chrono::seconds retry{};
  {
    const sync::MutexLock lock(mutex_);
    retry = election_.times().retry;
  }
  do {
    step();
    if (leads() != led) {
      led = !led;
      on_change(led ? begin() : Leadership::kEnded);
    }
  } while (pause(retry, stop));
  if (led) {
    release();
    on_change(Leadership::kEnded);
  }
}

// Whoever takes the Lease from another one notes when.
Leadership Leader::begin() {
  const std::string before = std::exchange(acquired_, held_ ? held_->acquire_time : "");
  return !before.empty() && before == acquired_ ? Leadership::kResumed : Leadership::kBegun;
}

bool Leader::leads() const {
  const sync::MutexLock lock(mutex_);
  return election_.leads(clock_.now());
}

// The holder knows the Lease's version and writes at once; everybody else looks first.
void Leader::step() {
  std::optional<LeaseRecord> current = held_;
  if (!current) {
    const ApiResult<json::Value> read = client_.get(kLeases.object(ns_, name_), patience());
    if (read) {
      current = read_lease(*read);
    } else if (!read.error().not_found()) {
      return;  // what we hold ends by itself
    }
  }
  const clock::Instant decided = clock_.now();
  std::optional<LeaseRecord> wanted;
  {
    const sync::MutexLock lock(mutex_);
    wanted = election_.observe(decided, current, timestamp_micros(clock_.wall_now()));
  }
  if (!wanted) {
    return;
  }
  const ApiResult<LeaseRecord> written = write(*wanted);
  const sync::MutexLock lock(mutex_);
  if (written) {
    election_.written(decided);
    held_ = *written;
  } else {
    held_.reset();
    // No answer: it may have been written all the same, and ends by itself if not.
    if (written.error().conflict() || written.error().not_found()) {
      election_.lost();
    }
  }
}

std::chrono::milliseconds Leader::patience() const {
  const sync::MutexLock lock(mutex_);
  return election_.times().retry + std::chrono::seconds(1);
}

ApiResult<LeaseRecord> Leader::write(const LeaseRecord& wanted) {
  const json::Value body = write_lease(ns_, name_, wanted);
  const ApiResult<json::Value> written =
      wanted.resource_version.empty()
          ? client_.create(kLeases.collection(ns_), body, Priority::kChange, patience())
          : client_.update(kLeases.object(ns_, name_), body, patience());
  if (!written) {
    return std::unexpected(written.error());
  }
  return read_lease(*written);
}

void Leader::release() {
  if (held_) {
    LeaseRecord released = *held_;
    released.holder.clear();
    released.duration_seconds = 1;
    const ApiResult<LeaseRecord> ignored = write(released);
    held_.reset();
  }
  const sync::MutexLock lock(mutex_);
  election_.lost();
}

}  // namespace penstock::kube
