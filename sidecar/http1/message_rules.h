#pragma once

#include <optional>

#include "sidecar/http1/field_lines.h"
#include "sidecar/http1/head.h"

// What a syntactically valid head means: where its body ends, whether the connection lives on, what
// it asks for. The rules against smuggling are here (RFC 9112 §6.1 and §6.3, §3.2).
namespace penstock::http1 {

// Fills the derived members of `head` from its fields. REQUIRES: method, target, path, target_form,
// minor_version and fields are set, and `host` where the target is absolute.
std::optional<Fault> interpret_request(RequestHead& head);

// REQUIRES: status, minor_version and fields are set. A fault's code is kUpstreamFailed.
std::optional<Fault> interpret_response(ResponseHead& head, bool request_was_head);

}  // namespace penstock::http1
