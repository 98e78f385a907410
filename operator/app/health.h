#pragma once

#include <functional>
#include <memory>
#include <string>

#include "lib/result/result.h"

namespace penstock::control {

// The operator's own listener: /healthz, and /readyz, which is 200 once `ready` says so.
class Health {
 public:
  explicit Health(std::function<bool()> ready);
  ~Health();
  Health(const Health&) = delete;
  Health& operator=(const Health&) = delete;

  // "0.0.0.0:15030"; "off" for none.
  Result<void> listen(const std::string& address);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace penstock::control
