#include "lib/result/result.h"

#include <array>

namespace penstock {
namespace {

struct Row {
  int status;
  std::string_view label;
};

// In the order of ErrorCode.
constexpr std::array kRows = {
    Row{400, "invalid_request"},
    Row{401, "unauthenticated"},
    Row{404, "not_found"},
    Row{405, "method_not_allowed"},
    Row{408, "request_timeout"},
    Row{413, "body_too_large"},
    Row{414, "target_too_long"},
    Row{417, "expectation_failed"},
    Row{431, "head_too_large"},
    Row{500, "internal"},
    Row{501, "not_implemented"},
    Row{502, "upstream_failed"},
    Row{503, "overloaded"},
    Row{503, "no_backend"},
    Row{504, "deadline_exceeded"},
    Row{504, "not_cached"},
    Row{505, "version_not_supported"},
    Row{500, "invalid_config"},
};
static_assert(kRows.size() == static_cast<std::size_t>(ErrorCode::kInvalidConfig) + 1);

}  // namespace

int http_status(ErrorCode code) {
  return kRows.at(static_cast<std::size_t>(code)).status;
}

std::string_view label(ErrorCode code) {
  return kRows.at(static_cast<std::size_t>(code)).label;
}

}  // namespace penstock
