#pragma once

#include <array>
#include <string_view>

#include "sidecar/dialect/folded_object.h"

// What is known of OpenAI's chunks, and how it adds up; and so, what an object may hold to become a
// stream.
namespace penstock::dialect::tables {

// ---- OpenAI chat; with what vLLM and others add.
inline constexpr std::array kFunction{
    FoldRule{.key = "name", .merge = Merge::kOnce},
    FoldRule{.key = "arguments", .merge = Merge::kConcat, .absent = "\"\""}};

inline constexpr std::array kCustomTool{
    FoldRule{.key = "name", .merge = Merge::kOnce},
    FoldRule{.key = "input", .merge = Merge::kConcat, .absent = "\"\""}};

inline constexpr std::array kToolCall{
    FoldRule{.key = "index", .merge = Merge::kDrop}, FoldRule{.key = "id", .merge = Merge::kSame},
    FoldRule{.key = "type", .merge = Merge::kSame, .absent = "\"function\""},
    FoldRule{.key = "function", .merge = Merge::kObject, .members = kFunction},
    FoldRule{.key = "custom", .merge = Merge::kObject, .members = kCustomTool}};

inline constexpr std::array<std::string_view, 3> kInsteadOfContent{"refusal", "tool_calls",
                                                                   "function_call"};

inline constexpr std::array kDelta{
    FoldRule{.key = "role", .merge = Merge::kSame, .absent = "\"assistant\""},
    FoldRule{.key = "content",
             .merge = Merge::kConcat,
             .absent = "null",
             .null_beside = kInsteadOfContent},
    FoldRule{.key = "refusal", .merge = Merge::kConcat, .absent = "null"},
    FoldRule{.key = "reasoning_content", .merge = Merge::kConcat},
    FoldRule{.key = "reasoning", .merge = Merge::kConcat},
    FoldRule{.key = "annotations", .merge = Merge::kAppend},
    FoldRule{.key = "tool_calls", .merge = Merge::kIndexed, .members = kToolCall},
    FoldRule{.key = "function_call", .merge = Merge::kObject, .members = kFunction},
    FoldRule{.key = "audio", .merge = Merge::kNullOnly},
    FoldRule{.key = "obfuscation", .merge = Merge::kDrop}};

inline constexpr std::array kChatLogprobs{FoldRule{.key = "content", .merge = Merge::kAppend},
                                          FoldRule{.key = "refusal", .merge = Merge::kAppend}};

inline constexpr std::array kChatChoice{
    FoldRule{.key = "index", .merge = Merge::kFirst, .required = true},
    FoldRule{.key = "delta",
             .merge = Merge::kObject,
             .members = kDelta,
             .name = "message",
             .required = true},
    FoldRule{
        .key = "logprobs", .merge = Merge::kObject, .members = kChatLogprobs, .absent = "null"},
    FoldRule{.key = "finish_reason", .merge = Merge::kLast, .required = true},
    FoldRule{.key = "stop_reason", .merge = Merge::kLast},
    FoldRule{.key = "token_ids", .merge = Merge::kNullOnly}};

inline constexpr std::array kChat{
    FoldRule{.key = "id", .merge = Merge::kFirst, .required = true},
    FoldRule{.key = "object",
             .merge = Merge::kFixed,
             .absent = "\"chat.completion\"",
             .expects = "chat.completion.chunk"},
    FoldRule{.key = "created", .merge = Merge::kFirst},
    FoldRule{.key = "model", .merge = Merge::kFirst, .required = true},
    FoldRule{.key = "choices", .merge = Merge::kIndexed, .members = kChatChoice, .required = true},
    FoldRule{.key = "usage", .merge = Merge::kLast},
    FoldRule{.key = "service_tier", .merge = Merge::kLast},
    FoldRule{.key = "system_fingerprint", .merge = Merge::kLast},
    FoldRule{.key = "moderation", .merge = Merge::kLast},
    FoldRule{.key = "prompt_token_ids", .merge = Merge::kNullOnly},
    FoldRule{.key = "prompt_logprobs", .merge = Merge::kNullOnly},
    FoldRule{.key = "kv_transfer_params", .merge = Merge::kNullOnly},
    FoldRule{.key = "obfuscation", .merge = Merge::kDrop}};

// ---- OpenAI completions.
inline constexpr std::array kTextLogprobs{
    FoldRule{.key = "tokens", .merge = Merge::kAppend},
    FoldRule{.key = "token_logprobs", .merge = Merge::kAppend},
    FoldRule{.key = "top_logprobs", .merge = Merge::kAppend},
    FoldRule{.key = "text_offset", .merge = Merge::kAppend}};

inline constexpr std::array kTextChoice{
    FoldRule{.key = "text", .merge = Merge::kConcat, .absent = "\"\""},
    FoldRule{.key = "index", .merge = Merge::kFirst, .required = true},
    FoldRule{
        .key = "logprobs", .merge = Merge::kObject, .members = kTextLogprobs, .absent = "null"},
    FoldRule{.key = "finish_reason", .merge = Merge::kLast, .required = true},
    FoldRule{.key = "stop_reason", .merge = Merge::kLast},
    FoldRule{.key = "prompt_logprobs", .merge = Merge::kNullOnly},
    FoldRule{.key = "prompt_token_ids", .merge = Merge::kNullOnly},
    FoldRule{.key = "token_ids", .merge = Merge::kNullOnly}};

inline constexpr std::array kCompletion{
    FoldRule{.key = "id", .merge = Merge::kFirst, .required = true},
    FoldRule{.key = "object",
             .merge = Merge::kFixed,
             .absent = "\"text_completion\"",
             .expects = "text_completion"},
    FoldRule{.key = "created", .merge = Merge::kFirst},
    FoldRule{.key = "model", .merge = Merge::kFirst, .required = true},
    FoldRule{.key = "choices", .merge = Merge::kIndexed, .members = kTextChoice, .required = true},
    FoldRule{.key = "usage", .merge = Merge::kLast},
    FoldRule{.key = "service_tier", .merge = Merge::kLast},
    FoldRule{.key = "system_fingerprint", .merge = Merge::kLast},
    FoldRule{.key = "kv_transfer_params", .merge = Merge::kNullOnly},
    FoldRule{.key = "obfuscation", .merge = Merge::kDrop}};

}  // namespace penstock::dialect::tables
