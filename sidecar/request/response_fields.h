#pragma once

#include <string>

#include "sidecar/request/caller_context.h"

namespace penstock::request {

// The header lines that Penstock adds to an answer: x-penstock-policy, Cache-Status, Server-Timing.
// Called when the head is built, so timings are those known by then: of what is relayed the first
// byte's is that of the upstream's head, and only an answer that is here whole has a total.
void append_response_fields(std::string& out, const CallerContext& caller);

}  // namespace penstock::request
