#pragma once

#include <array>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "lib/api/enums.h"
#include "lib/api/price_spec.h"
#include "lib/api/references.h"
#include "lib/json/field.h"

// spec.backends[] of a RoutingTable: one model API.
namespace penstock::api {

struct ModelSpec {
  std::string name;
  std::optional<PriceSpec> price;

  static constexpr auto fields() {
    using T = ModelSpec;
    return std::tuple{
        json::Field{"name",
                    &T::name,
                    {.about = "As requests name it; '*' at the end takes the rest.",
                     .required = true,
                     .format = &kModelPattern}},
        json::Field{
            "price", &T::price, {.about = "USD per 1 million tokens; unknown where absent."}}};
  }
};

struct CredentialsSpec {
  SecretKeyRef secret_ref;

  static constexpr auto fields() {
    return std::tuple{
        json::Field{"secretRef",
                    &CredentialsSpec::secret_ref,
                    {.about = "Replaces the client's credential.", .required = true}}};
  }
};

struct BackendTlsSpec {
  std::optional<SecretKeyRef> ca_ref;
  std::optional<std::string> server_name;
  bool verify = true;

  static constexpr auto fields() {
    using T = BackendTlsSpec;
    return std::tuple{
        json::Field{"caRef",
                    &T::ca_ref,
                    {.about = "The CAs to trust, as a PEM bundle; the system's where absent."}},
        json::Field{"serverName",
                    &T::server_name,
                    {.about = "The name to ask for and verify; the URL's host where absent.",
                     .format = &kDnsSubdomain}},
        json::Field{"verify", &T::verify, {.about = "false accepts any certificate: for tests."}}};
  }
};

struct BackendSpec {
  std::string name;
  std::string url;
  DialectName dialect = DialectName::kOpenAi;
  std::vector<ModelSpec> models;
  std::optional<CredentialsSpec> credentials;
  StreamUsage stream_usage = StreamUsage::kAuto;
  std::optional<BackendTlsSpec> tls;

  static constexpr auto fields() {
    using T = BackendSpec;
    return std::tuple{
        json::Field{"name",
                    &T::name,
                    {.about = "As routes name it.",
                     .required = true,
                     .length_max = 63,
                     .format = &kDnsLabel}},
        json::Field{
            "url",
            &T::url,
            {.about = "http://host:port/prefix or https://host. The engine of the same pod is "
                      "http://127.0.0.1 at the port that its container declares, whatever "
                      "port it is moved to.",
             .required = true,
             .length_max = 2'048,
             .format = &kUrl}},
        json::Field{"dialect", &T::dialect, {.about = "The API it speaks.", .required = true}},
        json::Field{"models",
                    &T::models,
                    {.about = "The models it takes; every model where absent.",
                     .items_max = 512,
                     .unique_by = "name"}},
        json::Field{"credentials",
                    &T::credentials,
                    {.about = "A credential of its own; the client's passes where absent."}},
        json::Field{"streamUsage",
                    &T::stream_usage,
                    {.about = "Whether to ask for usage in streams whose client did not."}},
        json::Field{"tls", &T::tls, {.about = "How its certificate is verified."}}};
  }

  static constexpr auto constraints() {
    return std::array{
        json::Constraint{"!has(self.tls) || self.url.lowerAscii().startsWith('https://')",
                         "tls needs an https:// URL"},
        json::Constraint{"self.streamUsage != 'Always' || self.dialect == 'OpenAI'",
                         "streamUsage must be Auto or Never here: only the OpenAI dialect has to "
                         "be asked"}};
  }
};

}  // namespace penstock::api
