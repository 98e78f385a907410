#pragma once

#include <array>
#include <optional>
#include <tuple>

#include "lib/api/enums.h"
#include "lib/api/references.h"
#include "lib/json/field.h"

// Who may reach the data listener, and how.
namespace penstock::api {

struct ListenerTlsSpec {
  NameRef certificate_ref;
  std::optional<SecretKeyRef> client_ca_ref;
  std::optional<ClientCertificates> client_certificates;

  static constexpr auto fields() {
    using T = ListenerTlsSpec;
    return std::tuple{
        json::Field{"certificateRef",
                    &T::certificate_ref,
                    {.about = "A Secret with tls.crt and tls.key.", .required = true}},
        json::Field{"clientCARef",
                    &T::client_ca_ref,
                    {.about = "The CAs that sign client certificates, as a PEM bundle."}},
        json::Field{"clientCertificates",
                    &T::client_certificates,
                    {.about = "Whether a client must show a certificate; Require where clientCARef "
                              "is set."}}};
  }

  static constexpr auto constraints() {
    return std::array{json::Constraint{
        "!has(self.clientCertificates) || has(self.clientCARef)",
        "clientCertificates needs clientCARef: the CAs that client certificates are checked "
        "against"}};
  }
};

struct AuthenticationSpec {
  std::optional<SecretKeyRef> keys_ref;
  bool allow_anonymous = false;

  static constexpr auto fields() {
    using T = AuthenticationSpec;
    return std::tuple{
        json::Field{"keysRef",
                    &T::keys_ref,
                    {.about = "The keys that clients may present, one a line; '#' starts a "
                              "comment."}},
        json::Field{"allowAnonymous",
                    &T::allow_anonymous,
                    {.about = "Accepts that anyone who reaches the listener spends the backends' "
                              "credentials."}}};
  }

  static constexpr auto constraints() {
    return std::array{json::Constraint{"!(has(self.keysRef) && self.allowAnonymous)",
                                       "allowAnonymous contradicts keysRef; remove one of them"}};
  }
};

}  // namespace penstock::api
