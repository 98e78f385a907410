#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/result/result.h"
#include "operator/webhook/x509.h"

namespace penstock::webhook {

// The webhook's own certificate authority and server certificate, as one Secret holds them for all
// replicas. Values without time of their own: what is due follows from the certificates' times.
struct Certificates {
  std::vector<CertifiedKey> authorities;  // oldest first; API servers trust all of them
  CertifiedKey server;

  // From and to a Secret's data: "ca.crt" and "ca.key" in the same order, "tls.crt", "tls.key".
  // What is missing or broken is left out, and made anew by renewed().
  static Certificates of(const std::map<std::string, std::string>& data);
  [[nodiscard]] std::map<std::string, std::string> data() const;

  // What API servers are to trust.
  [[nodiscard]] std::string bundle() const;
};

// How long certificates live. A third of its life before its end each is replaced; a new authority
// signs nothing before `settle` has passed, so that every replica serves and every API server
// trusts it by then.
struct Lives {
  std::chrono::seconds authority = std::chrono::days(365);
  std::chrono::seconds server = std::chrono::days(90);
  std::chrono::seconds settle = std::chrono::hours(1);
};

// Who calls the webhook, by which names, and whom it trusts to be it.
struct Callers {
  std::vector<std::string> hosts;
  std::vector<std::string> bundles;  // PEM, one for each configured call
};

// The next state, where something is missing, due, expired, or for other hosts; nothing: all is
// well until `now` has moved on. A new authority signs once all callers' bundles hold it. A server
// certificate stays until it is due itself, whichever of the authorities signed it, so that
// replicas whose clocks differ do not sign in turns.
Result<std::optional<Certificates>> renewed(const Certificates& current, const Callers& callers,
                                            Time now, const Lives& lives = {});

}  // namespace penstock::webhook
