#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "lib/clock/clock.h"
#include "lib/json/text.h"

namespace penstock::kube {

// A Lease as far as an election reads it.
struct LeaseRecord {
  std::string holder;  // empty: released
  std::string renew_time;
  std::string acquire_time;
  std::int64_t duration_seconds = 0;
  std::int64_t transitions = 0;
  std::string resource_version;

  bool operator==(const LeaseRecord&) const = default;
};

LeaseRecord read_lease(const json::Value& object);

struct LeaseTimes {
  std::chrono::seconds duration{15};  // a holder that was not seen to renew for so long has gone
  std::chrono::seconds renew_deadline{10};  // after so long without a renewal the holder stops
  std::chrono::seconds retry{2};
};

// Who of several replicas acts. Judged by when this replica saw the record change, never by the
// times in it: clocks of different machines differ. No I/O.
class LeaseElection {
 public:
  using Instant = clock::Instant;

  LeaseElection(std::string identity, LeaseTimes times)
      : identity_(std::move(identity)), times_(times) {}

  // Told of the Lease as it is (nothing: there is none). Returns what it should become, to be
  // written with the version that was read; nothing: another one holds it.
  std::optional<LeaseRecord> observe(Instant now, const std::optional<LeaseRecord>& current,
                                     const std::string& wall_time);
  // That was written; it was decided at `decided`.
  void written(Instant decided) { renewed_ = decided; }
  // Somebody else wrote first, so what we know is old.
  void lost() { renewed_.reset(); }

  // Whether this replica may write. Ends by itself, also while a write is on its way.
  [[nodiscard]] bool leads(Instant now) const {
    return renewed_ && now < *renewed_ + times_.renew_deadline;
  }
  [[nodiscard]] const LeaseTimes& times() const { return times_; }
  [[nodiscard]] const std::string& identity() const { return identity_; }

 private:
  const std::string identity_;
  const LeaseTimes times_;
  std::optional<LeaseRecord> seen_;
  Instant seen_at_{};
  std::optional<Instant> renewed_;
};

// The body of a write.
json::Value write_lease(const std::string& ns, const std::string& name, const LeaseRecord& record);

}  // namespace penstock::kube
