#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

#include "deploy/demo/load/plan.h"
#include "lib/result/result.h"

namespace penstock::demo::load {

// One request of a public trace.
struct TraceRow {
  std::chrono::milliseconds at{0};  // from the first row
  std::int64_t input_tokens = 0;
  std::int64_t output_tokens = 0;
  std::vector<std::int64_t> blocks;  // ids of 512-token blocks; empty where the trace has none
};

enum class TraceFormat : std::uint8_t { kMooncake, kAzure };

// Mooncake writes JSON lines (timestamp in ms, input_length, output_length, hash_ids), Azure CSV
// (TIMESTAMP, ContextTokens, GeneratedTokens). Decided by the first character.
[[nodiscard]] TraceFormat format_of(std::string_view text);

// Rows in the trace's order, at most `rows_max`. Errors name the line.
[[nodiscard]] Result<std::vector<TraceRow>> read_trace(std::string_view text, TraceFormat format,
                                                       std::size_t rows_max);

struct ReplayOptions {
  double speed = 1.0;  // 10 plays an hour in six minutes
  double stream_share = 0.5;
};

// Prompts with as many words as the trace has tokens. Equal block ids become equal text, so
// prefixes that the trace shares are shared; a row without blocks gets a text of its own. Pure.
[[nodiscard]] Plan trace_plan(const ReplayOptions& options, std::vector<TraceRow> rows);

}  // namespace penstock::demo::load
