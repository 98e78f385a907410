#pragma once

#include "sidecar/request/call_context.h"
#include "sidecar/request/caller_context.h"

// The steps between a caller's context, the call made for it, and the record both leave behind.
namespace penstock::request {

// Fills what the head alone tells.
void begin_record(CallerContext& caller);

// Gives the request's text and what was found out about it to the call that will be made.
// Afterwards the caller has no text any more.
void hand_over(CallerContext& caller, CallContext& call);

// What the call did, as this caller's record shows it. A caller that did not pay (`paid` false)
// saved the cost.
void take_summary(CallerContext& caller, const CallSummary& summary, bool paid);

}  // namespace penstock::request
