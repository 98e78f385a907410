#pragma once

#include <chrono>

namespace penstock::net {

// What every stream socket of ours gets: no Nagle delay, and TCP keep-alive probes after
// `keep_alive` of silence (0: none). Failures are harmless and ignored.
void set_stream_options(int descriptor, std::chrono::milliseconds keep_alive) noexcept;

// The same for a connection to an upstream, which also breaks (ETIMEDOUT) once what we sent was not
// acknowledged for longer than kUnacknowledgedMax, or than three probes take where that is more: a
// host that is gone says nothing, and nothing but this ends the wait for it while bytes are on
// their way. A peer whose window stays shut for as long counts as gone, too.
inline constexpr std::chrono::seconds kUnacknowledgedMax{120};
void set_upstream_options(int descriptor, std::chrono::milliseconds keep_alive) noexcept;
// Takes that limit off: of a peer that may leave its window shut for as long as it likes.
void wait_for_acknowledgement(int descriptor) noexcept;

// Its close() will be a reset: a peer that takes an end of the connection for a whole answer sees
// that this one is not. What was written and not sent by then is lost.
void reset_at_close(int descriptor) noexcept;

}  // namespace penstock::net
