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

  Result<void> listen(const std::string& host, int port);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace penstock::control
