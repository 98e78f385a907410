#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/clock/clock.h"
#include "lib/sync/mutex.h"
#include "operator/kube/client.h"
#include "operator/kube/resource_type.h"

namespace penstock::kube {

// A kind as the API server says it serves it.
struct ServedType {
  std::string group;  // "" for the core
  std::string version;
  std::string plural;
  std::string kind;
  bool namespaced = true;
  bool has_scale = false;  // its replicas can be read and set without knowing it

  // Valid as long as this is.
  [[nodiscard]] ResourceType type() const { return {group, version, plural, kind}; }

  bool operator==(const ServedType&) const = default;
};

// Which optional APIs the cluster serves. They come and go while the operator runs, with the
// definitions of other projects, so every answer is asked for anew after a while: one that says
// that something is missing sooner. An API server that is out of order changes nothing of what is
// known.
// Threads: any; a call may ask the API server and blocks its own.
class Discovery {
 public:
  static constexpr std::chrono::seconds kAbsentFor{30};
  static constexpr std::chrono::seconds kServedFor{300};
  // Other projects' servers answer for their groups, and may hang.
  static constexpr std::chrono::seconds kPatience{10};

  Discovery(Client& client, const clock::Clock& clock) : client_(client), clock_(clock) {}

  // The kind that a reference {apiVersion, kind} names, by its main resource; nothing: not served.
  ApiResult<std::optional<ServedType>> kind(const std::string& api_version, std::string_view kind);

  // The first of `versions` of `group` that serves `plural`; nothing: none of them.
  ApiResult<std::optional<ServedType>> resource(std::string_view group,
                                                const std::vector<std::string>& versions,
                                                std::string_view plural);

  // Asks anew at the next call: an answer of the API server has shown that one is out of date.
  void forget(const std::string& api_version);

 private:
  struct Answer {
    std::vector<ServedType> types;
    clock::Instant until;
  };

  ApiResult<std::vector<ServedType>> types_of(const std::string& api_version);

  Client& client_;
  const clock::Clock& clock_;
  sync::Mutex mutex_;
  std::map<std::string, Answer> answers_ PENSTOCK_GUARDED_BY(mutex_);  // by "group/version"
};

}  // namespace penstock::kube
