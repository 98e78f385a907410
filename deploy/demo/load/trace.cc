#include "deploy/demo/load/trace.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>

#include <nlohmann/json.hpp>

#include "deploy/demo/model/text.h"
#include "deploy/demo/wire/message.h"

namespace penstock::demo::load {
namespace {

constexpr std::int64_t kBlockTokens = 512;
constexpr std::int64_t kTokensMax = 1 << 20;
constexpr std::uint64_t kOwnText = 0x6f776e;  // salt of texts that no block id names

std::optional<std::int64_t> member(const nlohmann::json& row, const char* name) {
  const auto found = row.find(name);
  if (found == row.end() || !found->is_number_integer()) {
    return std::nullopt;
  }
  const auto value = found->get<std::int64_t>();
  return value >= 0 ? std::optional(value) : std::nullopt;
}

std::optional<TraceRow> mooncake_row(std::string_view line) {
  const auto row = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!row.is_object()) {
    return std::nullopt;
  }
  const auto at = member(row, "timestamp");
  const auto input = member(row, "input_length");
  const auto output = member(row, "output_length");
  if (!at || !input || !output || *input > kTokensMax || *output > kTokensMax) {
    return std::nullopt;
  }
  TraceRow read{std::chrono::milliseconds(*at), *input, *output, {}};
  if (const auto ids = row.find("hash_ids"); ids != row.end() && ids->is_array()) {
    for (const auto& id : *ids) {
      read.blocks.push_back(id.is_number_integer() ? id.get<std::int64_t>() : 0);
    }
  }
  return read;
}

// "2023-11-16 18:15:46.6805900" as milliseconds since 1970.
std::optional<std::chrono::milliseconds> timestamp(std::string_view text) {
  if (text.size() < 19 || text[4] != '-' || text[10] != ' ' || text[13] != ':') {
    return std::nullopt;
  }
  std::array<std::uint64_t, 6> parts{};
  constexpr std::array<std::size_t, 6> kStarts = {0, 5, 8, 11, 14, 17};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto part = wire::number(text.substr(kStarts[i], i == 0 ? 4 : 2));
    if (!part) {
      return std::nullopt;
    }
    parts[i] = *part;
  }
  const std::chrono::year_month_day day(std::chrono::year(static_cast<int>(parts[0])),
                                        std::chrono::month(static_cast<unsigned>(parts[1])),
                                        std::chrono::day(static_cast<unsigned>(parts[2])));
  if (!day.ok()) {
    return std::nullopt;
  }
  std::chrono::milliseconds at = std::chrono::sys_days(day).time_since_epoch();
  at += std::chrono::hours(parts[3]) + std::chrono::minutes(parts[4]) +
        std::chrono::seconds(parts[5]);
  if (text.size() >= 23) {
    at += std::chrono::milliseconds(wire::number(text.substr(20, 3)).value_or(0));
  }
  return at;
}

std::optional<TraceRow> azure_row(std::string_view line) {
  const auto first = line.find(',');
  const auto second = line.find(',', first == std::string_view::npos ? first : first + 1);
  if (second == std::string_view::npos) {
    return std::nullopt;
  }
  const auto at = timestamp(line.substr(0, first));
  const auto input = wire::number(line.substr(first + 1, second - first - 1));
  const auto output = wire::number(line.substr(second + 1));
  if (!at || !input || !output || *input > kTokensMax || *output > kTokensMax) {
    return std::nullopt;
  }
  return TraceRow{*at, static_cast<std::int64_t>(*input), static_cast<std::int64_t>(*output), {}};
}

std::string prompt_of(const TraceRow& row, std::size_t index) {
  if (row.blocks.empty()) {
    return model::words(model::mix(kOwnText + index), static_cast<std::size_t>(row.input_tokens))
        .text;
  }
  std::string text;
  std::int64_t left = row.input_tokens;
  for (const std::int64_t block : row.blocks) {
    const auto tokens = static_cast<std::size_t>(std::clamp<std::int64_t>(left, 1, kBlockTokens));
    text += model::words(model::mix(static_cast<std::uint64_t>(block)), tokens).text;
    text += ' ';
    left -= kBlockTokens;
  }
  return text;
}

}  // namespace

TraceFormat format_of(std::string_view text) {
  return text.starts_with('{') ? TraceFormat::kMooncake : TraceFormat::kAzure;
}

Result<std::vector<TraceRow>> read_trace(std::string_view text, TraceFormat format,
                                         std::size_t rows_max) {
  std::vector<TraceRow> rows;
  for (std::size_t number = 1; !text.empty() && rows.size() < rows_max; ++number) {
    const auto end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    if (line.empty() ||
        (format == TraceFormat::kAzure && number == 1 && line.starts_with("TIMESTAMP"))) {
      continue;
    }
    auto row = format == TraceFormat::kMooncake ? mooncake_row(line) : azure_row(line);
    if (!row) {
      return fail(ErrorCode::kInvalidConfig,
                  "line " + std::to_string(number) + " of the trace cannot be read");
    }
    rows.push_back(std::move(*row));
  }
  if (rows.empty()) {
    return fail(ErrorCode::kInvalidConfig, "the trace is empty");
  }
  const auto start = rows.front().at;
  for (TraceRow& row : rows) {
    row.at -= start;
  }
  return rows;
}

Plan trace_plan(const ReplayOptions& options, std::vector<TraceRow> rows) {
  auto shared = std::make_shared<const std::vector<TraceRow>>(std::move(rows));
  const auto at = [shared, options](std::size_t index) {
    const TraceRow& row = (*shared)[index];
    const double dice = static_cast<double>(model::mix(index) % 1000) / 1000.0;
    Call call = make_call(Kind::kChat, prompt_of(row, index), dice < options.stream_share);
    // The simulated server speaks as long as the trace's model did; any other server knows
    // max_tokens.
    call.headers += "x-simulate: events=" + std::to_string(row.output_tokens) + "\r\n";
    call.body.insert(
        call.body.size() - 1,
        ",\"max_tokens\":" + std::to_string(std::max<std::int64_t>(1, row.output_tokens)));
    call.due = std::chrono::microseconds(
        static_cast<std::int64_t>(static_cast<double>(row.at.count()) * 1000.0 / options.speed));
    return call;
  };
  return {shared->size(), at};
}

}  // namespace penstock::demo::load
