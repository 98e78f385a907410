#include "operator/kube/api.h"

#include <algorithm>
#include <cstddef>

#include "lib/json/one_line.h"
#include "lib/json/text.h"
#include "operator/kube/object_meta.h"

namespace penstock::kube {
namespace {

constexpr std::size_t kMessageBytesMax = 1'024;
constexpr std::int64_t kRetryAfterMost = 3'600;

}  // namespace

ApiError error_of(const Response& response) {
  ApiError error{.status = response.status, .retry_after = response.retry_after};
  const json::Value status = json::Value::parse(response.body, nullptr, false);
  if (status.is_object()) {
    error.reason = text_of(status, "reason");
    // Of several lines where an admission webhook answered.
    error.message = json::one_line(text_of(status, "message"), kMessageBytesMax);
    const json::Value& details = member(status, "details");
    if (const json::Value& causes = list_of(details, "causes"); !causes.empty()) {
      error.cause = text_of(causes.front(), "reason");
    }
    const std::int64_t seconds = number_of(details, "retryAfterSeconds");
    if (!error.retry_after && seconds > 0) {
      error.retry_after = std::chrono::seconds(std::min(seconds, kRetryAfterMost));
    }
  }
  if (error.message.empty()) {
    error.message = "the API server answered " + std::to_string(response.status);
  }
  return error;
}

}  // namespace penstock::kube
