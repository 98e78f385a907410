#include "operator/reconcile/listener_kind.h"

namespace penstock::reconcile {

ListenerKind listener_kind(const api::ListenerSpec& spec) {
  if (!spec.tls) {
    return ListenerKind::kPlain;
  }
  const bool asks_for_one = spec.tls->client_ca_ref.has_value() &&
                            spec.tls->client_certificates != api::ClientCertificates::kRequest;
  return asks_for_one ? ListenerKind::kCertificate : ListenerKind::kTls;
}

}  // namespace penstock::reconcile
