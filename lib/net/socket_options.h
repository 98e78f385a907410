#pragma once

#include <chrono>

namespace penstock::net {

// What every stream socket of ours gets: no Nagle delay, and TCP keep-alive probes after
// `keep_alive` of silence (0: none). Failures are harmless and ignored.
void set_stream_options(int descriptor, std::chrono::milliseconds keep_alive) noexcept;

}  // namespace penstock::net
