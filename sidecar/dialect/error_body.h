#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/result/result.h"
#include "sidecar/domain/endpoint.h"

// Errors of our own in the shape that the caller's SDK expects.
namespace penstock::dialect {

// One fixed sentence per code, for clients: names no host, key, path or limit of the deployment.
std::string_view client_message(ErrorCode code);

// The type that the dialect gives to an HTTP status ("rate_limit_error").
std::string_view error_type(domain::Dialect dialect, int status);

// The whole body of an error answer, application/json. `message` is escaped; pass
// client_message(code) unless there is something better that a client may see.
std::string error_body(domain::Dialect dialect, ErrorCode code, std::string_view message,
                       int status);

// What the error event of a stream says: the same, but for Responses, whose events have members of
// their own, with the event's number.
std::string error_event_object(domain::Endpoint endpoint, ErrorCode code, std::string_view message,
                               std::int64_t sequence_number);

}  // namespace penstock::dialect
