#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/result/result.h"
#include "sidecar/dialect/unfinished_event.h"
#include "sidecar/domain/endpoint.h"

namespace penstock::dialect {

// The last bytes of a stream that broke midway: an error event in the caller's dialect, framing
// included, behind what the client has of an event that will never be whole.
//
// `event: error` (Anthropic, Responses), or a data block with an error object (OpenAI chat and
// completions). `sequence_number` is used by Responses only: one more than that of the last event
// whose data is whole, as far as the call's reader could follow (4 MiB an event).
//
// An unfinished event cannot be taken back, and ended as it is it hands its readers half a JSON
// text, on which official SDKs fail with a syntax error. So it becomes the error event: its JSON is
// closed where it broke off, with the error's members behind its own, of which readers take the
// last, as they do of `event:` lines. Where its JSON is all there only its end is added, and the
// error event follows. So it does behind the beginning of OpenAI's last word, "[DONE]", which is
// given its rest: no error can be made of it, and its readers have all of the answer. Where no JSON
// can be made of what was sent it is ended as it is, but for Anthropic, whose SDKs know an error by
// the event's name whatever the data is.
std::string end_of_broken_stream(domain::Endpoint endpoint, ErrorCode code,
                                 std::string_view message, std::int64_t sequence_number,
                                 const UnfinishedEvent& unfinished);

}  // namespace penstock::dialect
