#pragma once

#include <chrono>

namespace penstock::net {

// What every stream socket of ours gets: no Nagle delay, and TCP keep-alive probes after
// `keep_alive` of silence (0: none). Failures are harmless and ignored.
void set_stream_options(int descriptor, std::chrono::milliseconds keep_alive) noexcept;

// Its close() will be a reset: a peer that takes an end of the connection for a whole answer sees
// that this one is not. What was written and not sent by then is lost.
void reset_at_close(int descriptor) noexcept;

}  // namespace penstock::net
