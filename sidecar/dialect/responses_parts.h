#pragma once

#include <string_view>

#include "sidecar/dialect/responses_events.h"

// What a Responses stream tells of the parts of an item: their texts by deltas, and around each its
// beginning and its end. False: there is something that such a stream has no events for.
namespace penstock::dialect {

bool write_message_parts(ResponsesEvents& events, const domain::JsonValue& message);
bool write_reasoning_parts(ResponsesEvents& events, const domain::JsonValue& reasoning);
// An item's one text, of member `key`: "response.<type>.delta", unless it is empty, and ".done".
void write_item_text(ResponsesEvents& events, std::string_view type, std::string_view key,
                     const domain::JsonValue& item);

}  // namespace penstock::dialect
