#pragma once

#include <string>

#include "sidecar/request/request_record.h"

namespace penstock::request {

// Appends the record as one JSON object without a line break: a line of the access log, an item of
// /api/requests.
//
// Keys are camelCase and stable; docs/reference/admin-openapi.yaml (RequestRecord) lists them. What
// did not happen is left out rather than null or 0: durations that were not measured, empty texts,
// usage and costs that are not known. Durations are microseconds, amounts decimal strings in USD,
// `time` is RFC 3339 in UTC.
void append_json(std::string& out, const RequestRecord& record);

}  // namespace penstock::request
