#include "sidecar/dialect/broken_stream.h"

#include "sidecar/dialect/error_body.h"

namespace penstock::dialect {
namespace {

using domain::Dialect;
using domain::Operation;

constexpr std::string_view kErrorName = "event: error\n";
constexpr std::string_view kData = "data: ";

}  // namespace

std::string end_of_broken_stream(domain::Endpoint endpoint, ErrorCode code,
                                 std::string_view message, std::int64_t sequence_number,
                                 const UnfinishedEvent& unfinished) {
  const bool named =
      endpoint.dialect == Dialect::kAnthropic || endpoint.operation == Operation::kResponses;
  const std::string_view name = named ? kErrorName : "";
  const std::string error = error_event_object(endpoint, code, message, sequence_number);
  std::string event = std::string(name) + std::string(kData) + error + "\n\n";
  if (unfinished.empty()) {
    return event;
  }
  // Behind a CR it belongs to the same line end.
  const std::string line_end = unfinished.at_line_begin() ? "" : "\n";
  switch (unfinished.json().state()) {
    case TornJson::State::kBlank: return line_end + event;
    case TornJson::State::kWhole: return line_end + "\n" + event;
    case TornJson::State::kOpen: {
      const std::string to_data = unfinished.within_data() ? "" : line_end + std::string(kData);
      return to_data + unfinished.json().rest() + error.substr(1) + "\n" + std::string(name) + "\n";
    }
    case TornJson::State::kUnreadable: break;
  }
  if (endpoint.dialect == Dialect::kAnthropic) {
    return line_end + event;
  }
  return std::string(unfinished.rest_of_done().value_or("")) + line_end + "\n" + event;
}

}  // namespace penstock::dialect
