#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lib/result/result.h"
#include "sidecar/http1/head.h"

// The strict parser of HTTP/1.1 heads (RFC 9112). No I/O: the caller brings all bytes read so far.
namespace penstock::http1 {

struct HeadResult {
  enum State : std::uint8_t {
    kNeedMore,      // read more and call again with everything, from the same first byte
    kDone,          // the head is in `out`
    kHttp2Preface,  // requests only: the bytes begin an HTTP/2 connection; nothing is consumed
    kError,         // answer `error` and close; `out` is unspecified
  };
  State state = kNeedMore;
  std::size_t size = 0;  // kDone: bytes of the head; the body or the next message begins there
  ErrorCode error = ErrorCode::kInternal;
  std::string_view reason;  // kError: static text for the log; never echoes input
};

// Parses a request head from the front of `bytes`, which may go on behind it.
//
// `already_scanned` is how many of these bytes an earlier call answered kNeedMore for; it spares
// slow senders a parse per packet, and 0 is always right. One empty line before the request is
// skipped (RFC 9112 §2.2).
//
// A verdict depends only on the bytes, not on how they were cut: a line is judged once its line
// feed is there (only a first byte that can begin no request is refused at once), and what follows
// head_bytes_max is never looked at.
//
// Errors: kInvalidRequest, kTargetTooLong, kHeadTooLarge (bytes or lines), kNotImplemented (a
// transfer coding other than one `chunked`; CONNECT), kVersionNotSupported.
HeadResult parse_request_head(std::string_view bytes, const HeadLimits& limits, RequestHead& out,
                              std::size_t already_scanned = 0);

// Parses a response head, interim ones (1xx) included: each is one kDone. `request_was_head`
// decides whether there can be a body.
//
// Errors: always kUpstreamFailed. Framing is as strict as for requests; a missing reason phrase is
// fine.
HeadResult parse_response_head(std::string_view bytes, const HeadLimits& limits,
                               bool request_was_head, ResponseHead& out,
                               std::size_t already_scanned = 0);

}  // namespace penstock::http1
