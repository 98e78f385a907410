#pragma once

#include <utility>
#include <vector>

#include "operator/controllers/background.h"

namespace penstock::fakes {

// Does everything at once, in the caller's thread.
class InlineBackground final : public controllers::Background {
 public:
  void run(Task task) override { task(); }
};

}  // namespace penstock::fakes
