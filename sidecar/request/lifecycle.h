#pragma once

#include "sidecar/request/call_context.h"
#include "sidecar/request/caller_context.h"
#include "sidecar/request/request_record.h"

// The steps between a caller's context, the call made for it, and the record both leave behind.
namespace penstock::request {

// Fills what the head alone tells. REQUIRES: the endpoint is known.
void begin(CallerContext& caller);

// Gives the request's text and what was found out about it to the call that will be made.
// Afterwards the caller has no text and no cache plan any more.
void hand_over(CallerContext& caller, CallContext& call);

// What the call did, for this caller's record. A caller that did not pay (`paid` false) saved the
// cost; of several one pays, whoever of them the call was made for.
void take_summary(CallerContext& caller, CallSummary summary, bool paid);

// What the request was and what became of it, at its end. `total` and `overhead` are measured here.
[[nodiscard]] RequestRecord record_of(CallerContext& caller);

}  // namespace penstock::request
