#include "deploy/demo/model/simulation.h"

#include <algorithm>
#include <span>

#include "deploy/demo/wire/message.h"

namespace penstock::demo::model {
namespace {

template <class E>
struct Name {
  std::string_view name;
  E what;
  std::string_view help;
};

constexpr std::array kSwitches = {
    Name{"reset", Switch::kReset, "close with a TCP reset instead of an answer"},
    Name{"error-in-stream", Switch::kErrorInStream,
         "end a 200 stream with the dialect's error event"},
    Name{"pings", Switch::kPings, "a ping before every event"},
    Name{"crlf", Switch::kCrlf, "event lines end in CRLF"},
    Name{"no-space", Switch::kNoSpace, "data:{...} without a space"},
    Name{"comments", Switch::kComments, "a comment line before every event"},
    Name{"http10", Switch::kHttp10, "answer as HTTP/1.0, ended by close"},
    Name{"close-delimited", Switch::kCloseDelimited, "HTTP/1.1 body ended by close"},
    Name{"no-usage", Switch::kNoUsage, "never report usage"},
    Name{"continuous-usage", Switch::kContinuousUsage,
         "running usage on every chunk, where usage is asked for"},
    Name{"reject-stream-options", Switch::kRejectStreamOptions,
         "400 where the body has stream_options"},
    Name{"split", Switch::kSplit, "write one byte at a time"},
    Name{"trailers", Switch::kTrailers, "send a trailer field (chunked only)"},
    Name{"refusal", Switch::kRefusal, "refuse to answer, as the dialect does"},
    Name{"reasoning", Switch::kReasoning,
         "reasoning_content in chat answers, as some engines send it"},
    Name{"unknown-fields", Switch::kUnknownFields, "fields and events that no SDK knows"},
    Name{"obfuscation", Switch::kObfuscation, "padding fields in deltas"},
    Name{"chunked", Switch::kChunked, "a plain answer in chunks instead of with a length"},
    Name{"early-hints", Switch::kEarlyHints, "a 103 before the answer"},
    Name{"no-continue", Switch::kNoContinue, "do not answer Expect: 100-continue with 100"},
    Name{"cut-reset", Switch::kCutReset, "cuts are TCP resets instead of closes"},
    Name{"raw", Switch::kRaw, "answer with octets instead of JSON (with body-bytes)"},
    Name{"multiline", Switch::kMultiline, "each event's data in several lines"},
};

constexpr std::array kNumbers = {
    Name{"error", Number::kError, "answer with this status and the dialect's error body"},
    Name{"status", Number::kError, "the same as error"},
    Name{"retry-after", Number::kRetryAfter, "seconds, on errors"},
    Name{"retry-after-ms", Number::kRetryAfterMs, "milliseconds, on errors"},
    Name{"times", Number::kTimes, "only the first N requests with this key fail"},
    Name{"cut-after-events", Number::kCutAfterEvents, "close the stream behind this event"},
    Name{"cut-after-bytes", Number::kCutAfterBytes, "close behind this many body bytes"},
    Name{"error-after-events", Number::kErrorAfterEvents, "where error-in-stream strikes"},
    Name{"stall-after-events", Number::kStallAfterEvents, "then send nothing more"},
    Name{"stall-after-bytes", Number::kStallAfterBytes,
         "send this many body bytes, then nothing more"},
    Name{"hold-after-events", Number::kHoldAfterEvents,
         "where hold waits (before the head otherwise)"},
    Name{"events", Number::kEvents, "number of output tokens, each one event"},
    Name{"event-interval-ms", Number::kEventIntervalMs, "time between events"},
    Name{"first-token-ms", Number::kFirstTokenMs, "time to the first byte"},
    Name{"body-bytes", Number::kBodyBytes, "length of the answer's text, or of a download"},
    Name{"chunk-bytes", Number::kChunkBytes, "size of each chunk"},
    Name{"cached-tokens", Number::kCachedTokens, "OpenAI: cached input tokens"},
    Name{"reasoning-tokens", Number::kReasoningTokens, "OpenAI: reasoning tokens"},
    Name{"cache-read", Number::kCacheRead, "Anthropic: tokens read from the prompt cache"},
    Name{"cache-write-5m", Number::kCacheWrite5m, "Anthropic: tokens written for 5 minutes"},
    Name{"cache-write-1h", Number::kCacheWrite1h, "Anthropic: tokens written for 1 hour"},
};

constexpr std::array kWords = {
    Name{"hold", Word::kHold, "wait until POST /simulate/release?id=..."},
    Name{"encoding", Word::kEncoding, "gzip or deflate"},
    Name{"cache-control", Word::kCacheControl, "the answer's Cache-Control"},
    Name{"finish", Word::kFinish, "length or content_filter"},
    Name{"key", Word::kKey, "what `times` counts by"},
    Name{"error-code", Word::kErrorCode, "the error's code"},
    Name{"error-type", Word::kErrorType, "the error's type"},
    Name{"should-retry", Word::kShouldRetry, "x-should-retry, on errors"},
    Name{"service-tier", Word::kServiceTier, "the answer's service tier"},
    Name{"content-type", Word::kContentType, "the answer's content type"},
    Name{"header", Word::kHeader, "one more header, as name:value"},
};

template <class Table>
auto find(const Table& table, std::string_view name) {
  return std::ranges::find(table, name, [](const auto& row) { return row.name; });
}

template <class Table>
void describe(const Table& table, std::string_view value, std::string& out) {
  for (const auto& row : table) {
    std::string name(row.name);
    name += value;
    name.resize(std::max<std::size_t>(name.size(), 24), ' ');
    out.append("  ").append(name).append(row.help).append("\n");
  }
}

}  // namespace

Result<void> Simulation::set(std::string_view name, std::string_view value, bool has_value) {
  if (const auto row = find(kSwitches, name); row != kSwitches.end()) {
    switches_[static_cast<std::size_t>(row->what)] = value != "0";
    return {};
  }
  if (const auto row = find(kNumbers, name); row != kNumbers.end()) {
    const auto read = wire::number(value);
    if (!read || *read > (std::uint64_t{1} << 40)) {
      return fail(ErrorCode::kInvalidRequest, "x-simulate: not a number: " + std::string(name));
    }
    numbers_[static_cast<std::size_t>(row->what)] = static_cast<std::int64_t>(*read);
    return {};
  }
  if (const auto row = find(kWords, name); row != kWords.end() && has_value) {
    words_[static_cast<std::size_t>(row->what)] = value;
    return {};
  }
  return fail(ErrorCode::kInvalidRequest, "x-simulate: not understood: " + std::string(name));
}

void Simulation::forgive() {
  numbers_[static_cast<std::size_t>(Number::kError)] = kUnset;
  switches_[static_cast<std::size_t>(Switch::kReset)] = false;
  numbers_[static_cast<std::size_t>(Number::kCutAfterBytes)] = kUnset;
  numbers_[static_cast<std::size_t>(Number::kCutAfterEvents)] = kUnset;
}

Result<Simulation> Simulation::parse(std::string_view header) {
  Simulation simulation;
  while (!header.empty()) {
    const auto semicolon = header.find(';');
    const std::string_view item = wire::trimmed(header.substr(0, semicolon));
    header.remove_prefix(semicolon == std::string_view::npos ? header.size() : semicolon + 1);
    if (item.empty()) {
      continue;
    }
    const auto equals = item.find('=');
    const bool has_value = equals != std::string_view::npos;
    const std::string_view value = has_value ? wire::trimmed(item.substr(equals + 1)) : "";
    if (auto done = simulation.set(wire::trimmed(item.substr(0, equals)), value, has_value);
        !done) {
      return std::unexpected(done.error());
    }
  }
  return simulation;
}

std::string simulation_help() {
  std::string out =
      "Requests may steer their answer with the header x-simulate, e.g. \"error=429; "
      "retry-after=1\":\n";
  describe(kSwitches, "", out);
  describe(kNumbers, "=N", out);
  describe(kWords, "=WORD", out);
  return out;
}

}  // namespace penstock::demo::model
