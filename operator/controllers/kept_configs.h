#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "operator/reconcile/world.h"

namespace penstock::controllers {

// What was delivered last for each policy ("namespace/name"), so that it can be put back while the
// policy is not good. Bounded: what goes beyond `bytes_max` in all is not kept. Threads: one.
class KeptConfigs {
 public:
  static constexpr std::size_t kBytesMax = 32U << 20U;

  explicit KeptConfigs(std::size_t bytes_max = kBytesMax) : bytes_max_(bytes_max) {}

  // Whether this version was kept last, or left out.
  [[nodiscard]] bool has_seen(const std::string& policy, const std::string& hash) const;
  // Instead of the one before.
  void keep(const std::string& policy, reconcile::DeliveredConfig config);
  void forget(const std::string& policy);

  // nullptr: none is kept.
  [[nodiscard]] reconcile::Ptr<reconcile::DeliveredConfig> find(const std::string& policy) const;

 private:
  const std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  std::map<std::string, std::string> seen_;  // hashes
  std::map<std::string, reconcile::Ptr<reconcile::DeliveredConfig>> configs_;
};

}  // namespace penstock::controllers
