#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "operator/reconcile/engines.h"

// Where a workload says its engine's port, read as the admission policy finds it.
namespace penstock::reconcile {

// What a container says of its port in one place.
struct Said {
  std::set<std::uint16_t> ports;
  std::string unread;  // what it says besides, where that is not read: "PORT"
  std::string by;      // the option or variable; empty: it has none
};

// By the flag of `shape`, which goes before its variable. `usual`: what a host alone means there.
Said read_port(const Container& container, const EngineShape& shape, std::uint16_t usual);

}  // namespace penstock::reconcile
