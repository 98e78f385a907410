#pragma once

#include <chrono>

namespace penstock::net {

// What every stream socket of ours gets: no Nagle delay, and TCP keep-alive probes after
// `keep_alive` of silence (0: none). Failures are harmless and ignored.
void set_stream_options(int descriptor, std::chrono::milliseconds keep_alive) noexcept;

// For a connected stream socket whose peer is this host, over loopback: the plainest congestion
// control there is. Nothing can be congested there, and where the host's own paces its packets
// (BBR), that costs up to a tenth of a relayed request. Others, and failures, are left alone.
void spare_loopback(int descriptor) noexcept;

}  // namespace penstock::net
