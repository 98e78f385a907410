#pragma once

#include <functional>
#include <memory>
#include <string>

#include "lib/result/result.h"

namespace penstock::control {

struct Readiness {
  bool ready = false;
  std::string told;  // one line, for a person: why not, or what is amiss all the same
};

// The operator's own listener: /healthz, /readyz, which is 200 once `readiness` says so, and
// /metrics.
class Health {
 public:
  Health(std::function<Readiness()> readiness, std::function<std::string()> metrics);
  ~Health();
  Health(const Health&) = delete;
  Health& operator=(const Health&) = delete;

  Result<void> listen(const std::string& host, int port);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace penstock::control
