#pragma once

#include <cstdint>

#include "lib/api/listener_spec.h"

namespace penstock::reconcile {

// How a sidecar's port takes connections.
enum class ListenerKind : std::uint8_t {
  kPlain,
  kTls,
  kCertificate,  // TLS, from clients that have a certificate
};

ListenerKind listener_kind(const api::ListenerSpec& spec);

}  // namespace penstock::reconcile
