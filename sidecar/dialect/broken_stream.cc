#include "sidecar/dialect/broken_stream.h"

#include <algorithm>
#include <optional>

#include "sidecar/dialect/error_body.h"
#include "sidecar/dialect/json_walk.h"
#include "sidecar/dialect/sequence_numbers.h"
#include "sidecar/dialect/torn_json.h"
#include "sidecar/domain/sse_parser.h"

namespace penstock::dialect {
namespace {

using domain::Dialect;
using domain::Operation;

constexpr std::string_view kErrorName = "event: error\n";
constexpr std::string_view kData = "data: ";

// What an unfinished event says so far.
std::string data_of(const domain::UnfinishedEvent& unfinished) {
  domain::SseParser parser;
  parser.feed(unfinished.bytes(), [](const domain::SseEvent&) {});
  const std::optional<domain::SseEvent> event = parser.finish();
  return event ? std::string(event->data) : std::string();
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

std::string_view last_line(std::string_view text) {
  const std::size_t before = text.find_last_of("\r\n");
  return before == std::string_view::npos ? text : text.substr(before + 1);
}

}  // namespace

std::string end_of_broken_stream(domain::Endpoint endpoint, ErrorCode code,
                                 std::string_view message, std::int64_t sequence_number,
                                 const domain::UnfinishedEvent& unfinished) {
  const bool named =
      endpoint.dialect == Dialect::kAnthropic || endpoint.operation == Operation::kResponses;
  const std::string_view torn = unfinished.bytes();
  const std::string data = torn.empty() || unfinished.too_long() ? "" : data_of(unfinished);
  const TornObject object = read_torn_object(data);
  if (object.state == TornObject::State::kWhole) {
    const auto own = find_member(data, "sequence_number");
    sequence_number = number_after(own.value_or("")).value_or(sequence_number);
  }
  const std::string error = error_event_object(endpoint, code, message, sequence_number);
  const std::string event =
      std::string(named ? kErrorName : "") + std::string(kData) + error + "\n\n";
  if (torn.empty()) {
    return event;
  }
  // Behind a CR it belongs to the same line end.
  const std::string line_end = torn.ends_with('\n') ? "" : "\n";
  if (object.state == TornObject::State::kOpen) {
    const bool in_data = !line_end.empty() && last_line(torn).starts_with("data:");
    return (in_data ? "" : line_end + std::string(kData)) + object.rest + error.substr(1) + "\n" +
           std::string(named ? kErrorName : "") + "\n";
  }
  const bool joins = !unfinished.too_long() && is_blank(data);
  const bool known_by_name =
      object.state == TornObject::State::kUnreadable && endpoint.dialect == Dialect::kAnthropic;
  return line_end + (joins || known_by_name ? "" : "\n") + event;
}

}  // namespace penstock::dialect
