#include "sidecar/domain/bypass_reason.h"

#include <array>

namespace penstock::domain {
namespace {

// In the order of BypassReason.
constexpr std::array<std::string_view, kBypassReasons> kLabels = {
    "no_tenant",      "not_model_call",  "uncached_operation", "upgrade",     "encoded_body",
    "body_too_large", "client_no_store", "unparsable",         "not_object",  "duplicate_key",
    "invalid_utf8",   "lone_surrogate",  "too_deep",           "too_complex", "sampled",
    "stateful",       "hosted_tool",     "remote_media",
};
static_assert(!kLabels.back().empty());

}  // namespace

std::string_view label(BypassReason reason) {
  return kLabels.at(static_cast<std::size_t>(reason));
}

}  // namespace penstock::domain
