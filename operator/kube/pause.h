#pragma once

#include <chrono>
#include <stop_token>

namespace penstock::kube {

// Blocks for `time`, or until `stop` is asked for. True: the time is over.
bool pause(std::chrono::milliseconds time, const std::stop_token& stop);

}  // namespace penstock::kube
