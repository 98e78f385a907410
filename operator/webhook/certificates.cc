#include "operator/webhook/certificates.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace penstock::webhook {
namespace {

// Clocks differ: a certificate is good a little before it is made.
constexpr std::chrono::minutes kSkew{5};

std::vector<std::string> split_pem(const std::string& text) {
  std::vector<std::string> blocks;
  constexpr std::string_view kEnd = "-----END ";
  std::size_t begin = 0;
  for (std::size_t end = text.find(kEnd); end != std::string::npos; end = text.find(kEnd, begin)) {
    std::size_t after = text.find('\n', end);
    after = after == std::string::npos ? text.size() : after + 1;
    blocks.push_back(text.substr(begin, after - begin));
    begin = after;
  }
  return blocks;
}

std::string value_of(const std::map<std::string, std::string>& data, const std::string& name) {
  const auto found = data.find(name);
  return found == data.end() ? std::string() : found->second;
}

bool is_due(const Validity& validity, Time now) {
  return now >= validity.to - (validity.to - validity.from) / 3 || now < validity.from;
}

Validity from_now(Time now, std::chrono::seconds life) {
  return {now - kSkew, now + life};
}

// The newest that has settled with all who call; where none has, the oldest that is good by now.
const CertifiedKey& signer_of(const std::vector<CertifiedKey>& authorities, const Callers& callers,
                              Time now, const Lives& lives) {
  for (auto at = authorities.rbegin(); at != authorities.rend(); ++at) {
    const Result<Validity> validity = validity_of(*at);
    const bool trusted = std::ranges::all_of(callers.bundles, [&at](const std::string& bundle) {
      return bundle.contains(at->certificate_pem);
    });
    if (validity && trusted && validity->from + kSkew + lives.settle <= now) {
      return *at;
    }
  }
  const auto good = std::ranges::find_if(authorities, [now](const CertifiedKey& authority) {
    const Result<Validity> validity = validity_of(authority);
    return validity && validity->from <= now;
  });
  return good == authorities.end() ? authorities.front() : *good;
}

bool is_signed_by_any(const CertifiedKey& server, const std::vector<CertifiedKey>& authorities) {
  return std::ranges::any_of(authorities, [&server](const CertifiedKey& authority) {
    return is_signed_by(server, authority);
  });
}

// Whether the set changed. Expired authorities go; a new one comes before the newest ends.
Result<bool> renew_authorities(std::vector<CertifiedKey>& authorities, Time now,
                               const Lives& lives) {
  const std::size_t before = authorities.size();
  std::erase_if(authorities, [now](const CertifiedKey& authority) {
    const Result<Validity> validity = validity_of(authority);
    return !validity || validity->to <= now;
  });
  bool changed = authorities.size() != before;
  if (authorities.empty() || is_due(*validity_of(authorities.back()), now)) {
    Result<CertifiedKey> made =
        make_authority("penstock-webhook-ca", from_now(now, lives.authority));
    if (!made) {
      return std::unexpected(std::move(made).error());
    }
    authorities.push_back(std::move(*made));
    changed = true;
  }
  return changed;
}

}  // namespace

Certificates Certificates::of(const std::map<std::string, std::string>& data) {
  Certificates result{.server = {value_of(data, "tls.crt"), value_of(data, "tls.key")}};
  const std::vector<std::string> certificates = split_pem(value_of(data, "ca.crt"));
  const std::vector<std::string> keys = split_pem(value_of(data, "ca.key"));
  for (std::size_t i = 0; i < std::min(certificates.size(), keys.size()); ++i) {
    CertifiedKey authority{certificates[i], keys[i]};
    if (validity_of(authority)) {
      result.authorities.push_back(std::move(authority));
    }
  }
  return result;
}

std::map<std::string, std::string> Certificates::data() const {
  std::string keys;
  for (const CertifiedKey& authority : authorities) {
    keys += authority.key_pem;
  }
  return {{"ca.crt", bundle()},
          {"ca.key", keys},
          {"tls.crt", server.certificate_pem},
          {"tls.key", server.key_pem}};
}

std::string Certificates::bundle() const {
  std::string text;
  for (const CertifiedKey& authority : authorities) {
    text += authority.certificate_pem;
  }
  return text;
}

Result<std::optional<Certificates>> renewed(const Certificates& current, const Callers& callers,
                                            Time now, const Lives& lives) {
  Certificates next = current;
  const Result<bool> changed = renew_authorities(next.authorities, now, lives);
  if (!changed) {
    return std::unexpected(changed.error());
  }
  const Result<Validity> server = validity_of(next.server);
  const bool good = server && !is_due(*server, now) &&
                    is_signed_by_any(next.server, next.authorities) &&
                    holds_for(next.server, callers.hosts);
  if (good) {
    return *changed ? std::optional(std::move(next)) : std::nullopt;
  }
  const CertifiedKey& signer = signer_of(next.authorities, callers, now, lives);
  // No longer than its authority.
  Validity validity = from_now(now, lives.server);
  validity.to = std::min(validity.to, validity_of(signer)->to);
  Result<CertifiedKey> made = make_server_certificate(signer, callers.hosts, validity);
  if (!made) {
    return std::unexpected(std::move(made).error());
  }
  next.server = std::move(*made);
  return std::optional(std::move(next));
}

}  // namespace penstock::webhook
