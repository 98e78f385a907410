#pragma once

#include <string_view>

#include "sidecar/domain/endpoint.h"
#include "sidecar/request/request_record.h"

// The stable words for what a request was, shared by log, admin answers and metrics. All static
// text.
namespace penstock::request {

[[nodiscard]] std::string_view label(domain::Operation operation);
[[nodiscard]] std::string_view label(domain::Dialect dialect);
[[nodiscard]] std::string_view label(CacheState state);
[[nodiscard]] std::string_view label(Disconnect side);

// gen_ai.operation.name of the OpenTelemetry conventions, where they have a word; else label().
[[nodiscard]] std::string_view gen_ai_operation(domain::Operation operation);

// "2xx" … "5xx"; "none" when the client got no status.
[[nodiscard]] std::string_view status_class(int status);

}  // namespace penstock::request
