#include "operator/kube/api.h"

#include <algorithm>
#include <cstddef>

#include "lib/json/text.h"

namespace penstock::kube {
namespace {

constexpr std::size_t kMessageBytesMax = 1'024;

std::string text_member(const json::Value& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

ApiError error_of(const Response& response) {
  ApiError error{.status = response.status, .retry_after = response.retry_after};
  const json::Value status = json::Value::parse(response.body, nullptr, false);
  if (status.is_object()) {
    error.reason = text_member(status, "reason");
    error.message = text_member(status, "message");
    const auto details = status.find("details");
    if (!error.retry_after && details != status.end() && details->is_object()) {
      const auto seconds = details->find("retryAfterSeconds");
      if (seconds != details->end() && seconds->is_number_integer()) {
        error.retry_after = std::chrono::seconds(
            std::clamp(seconds->get<std::int64_t>(), std::int64_t{0}, std::int64_t{3'600}));
      }
    }
  }
  if (error.message.empty()) {
    error.message = "the API server answered " + std::to_string(response.status);
  }
  error.message.resize(std::min(error.message.size(), kMessageBytesMax));
  return error;
}

}  // namespace penstock::kube
