#pragma once

#include <cstdint>
#include <string_view>

namespace penstock::dialect {

// How an answer ended, from the best to the worst; only kComplete may be cached.
enum class Ending : std::uint8_t {
  kNone,      // no end was seen: the stream was cut, or still runs
  kComplete,  // the terminal event came, and the model stopped by itself, at a stop sequence or for
              // a tool
  kTruncated,        // at a token limit
  kContentFiltered,  // by the provider's filter
  kIncomplete,       // ended for a reason that is not known here, or that was never given
  kFailed,           // the answer says that it failed
  kErrorInStream,    // an error came in place of the rest, under a status that said success
};

// What a finish_reason (OpenAI), stop_reason (Anthropic) or incomplete_details.reason (Responses)
// means.
constexpr Ending ending_of_reason(std::string_view reason) {
  for (const std::string_view natural : {"stop", "tool_calls", "function_call", "end_turn",
                                         "stop_sequence", "tool_use", "pause_turn"}) {
    if (reason == natural) {
      return Ending::kComplete;
    }
  }
  for (const std::string_view limit :
       {"length", "max_tokens", "max_output_tokens", "model_context_window_exceeded"}) {
    if (reason == limit) {
      return Ending::kTruncated;
    }
  }
  const bool filtered = reason == "content_filter" || reason == "refusal";
  return filtered ? Ending::kContentFiltered : Ending::kIncomplete;
}

// Lower snake case, for metric labels and logs.
constexpr std::string_view label(Ending ending) {
  switch (ending) {
    case Ending::kNone: return "none";
    case Ending::kComplete: return "complete";
    case Ending::kTruncated: return "truncated";
    case Ending::kContentFiltered: return "content_filtered";
    case Ending::kIncomplete: return "incomplete";
    case Ending::kFailed: return "failed";
    case Ending::kErrorInStream: return "error_in_stream";
  }
  return "none";
}

}  // namespace penstock::dialect
