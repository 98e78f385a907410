#pragma once

#include <array>

#include "sidecar/dialect/folded_object.h"

// What is known of Anthropic's events, and how it adds up; and so, what a message may hold to
// become a stream. Counts are running totals: a later one replaces an earlier one.
namespace penstock::dialect::tables {

inline constexpr std::array kMessageUsage{
    FoldRule{.key = "input_tokens", .merge = Merge::kLast},
    FoldRule{.key = "cache_creation_input_tokens", .merge = Merge::kLast},
    FoldRule{.key = "cache_read_input_tokens", .merge = Merge::kLast},
    FoldRule{.key = "cache_creation", .merge = Merge::kLast},
    FoldRule{.key = "output_tokens", .merge = Merge::kLast, .required = true},
    FoldRule{.key = "output_tokens_details", .merge = Merge::kLast},
    FoldRule{.key = "server_tool_use", .merge = Merge::kLast},
    FoldRule{.key = "service_tier", .merge = Merge::kLast},
    FoldRule{.key = "inference_geo", .merge = Merge::kLast},
    FoldRule{.key = "speed", .merge = Merge::kLast},
    FoldRule{.key = "iterations", .merge = Merge::kLast}};

inline constexpr std::array kMessage{
    FoldRule{.key = "id", .merge = Merge::kFirst, .required = true},
    FoldRule{.key = "type", .merge = Merge::kFixed, .absent = "\"message\"", .expects = "message"},
    FoldRule{.key = "role", .merge = Merge::kFirst, .required = true},
    FoldRule{.key = "model", .merge = Merge::kFirst, .required = true},
    FoldRule{.key = "content", .merge = Merge::kAppend, .required = true},
    FoldRule{.key = "stop_reason", .merge = Merge::kLast, .required = true},
    FoldRule{.key = "stop_sequence", .merge = Merge::kLast, .absent = "null"},
    FoldRule{.key = "stop_details", .merge = Merge::kLast},
    FoldRule{.key = "container", .merge = Merge::kLast},
    FoldRule{.key = "context_management", .merge = Merge::kLast},
    FoldRule{.key = "diagnostics", .merge = Merge::kFirst},
    FoldRule{.key = "usage", .merge = Merge::kObject, .members = kMessageUsage, .required = true}};

inline constexpr std::array kTextBlock{FoldRule{.key = "type", .merge = Merge::kFirst},
                                       FoldRule{.key = "text", .merge = Merge::kConcat},
                                       FoldRule{.key = "citations", .merge = Merge::kAppend}};

inline constexpr std::array kThinkingBlock{
    FoldRule{.key = "type", .merge = Merge::kFirst},
    FoldRule{.key = "thinking", .merge = Merge::kConcat},
    FoldRule{.key = "signature", .merge = Merge::kOnce, .absent = "\"\""}};

inline constexpr std::array kRedactedThinkingBlock{FoldRule{.key = "type", .merge = Merge::kFirst},
                                                   FoldRule{.key = "data", .merge = Merge::kFirst}};

// `input` stands in the first event only where it came whole.
inline constexpr std::array kToolUseBlock{FoldRule{.key = "type", .merge = Merge::kFirst},
                                          FoldRule{.key = "id", .merge = Merge::kFirst},
                                          FoldRule{.key = "name", .merge = Merge::kFirst},
                                          FoldRule{.key = "input", .merge = Merge::kFirst},
                                          FoldRule{.key = "caller", .merge = Merge::kFirst},
                                          FoldRule{.key = "toolset_name", .merge = Merge::kFirst}};

}  // namespace penstock::dialect::tables
