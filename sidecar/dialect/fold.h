#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sidecar/domain/endpoint.h"

// One stored answer for callers of both kinds: a stream as the object that the same call would have
// got without streaming, and the other way round.
//
// Both give up (nullopt: a cache miss) as soon as they meet a member, event or value that their
// tables do not know, because what is not understood cannot be carried over without loss. Leaf
// values are copied as they are spelled, numbers and escapes included.
namespace penstock::dialect {

// The object of a complete stream: chat, completions and messages are put together from their
// events, a Responses stream holds it in its last event. nullopt too for a stream that is cut, has
// an error in it, or is of another operation.
//
// The object equals the upstream's own one as the official SDKs read it. What only the object would
// have said (an empty list of annotations) is absent.
std::optional<std::string> fold(domain::Operation operation, std::string_view sse_bytes);

// A stream that adds up to `object`: each text in one piece, the events in the order in which the
// upstream would have sent them. `include_usage`: the client asked for the chunk with the usage
// (messages and responses always tell it). nullopt too for answers that did not end, and for other
// operations.
std::optional<std::string> unfold(domain::Operation operation, std::string_view object,
                                  bool include_usage);

}  // namespace penstock::dialect
