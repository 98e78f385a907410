#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "lib/result/result.h"

// X.509 as far as the webhook needs it: authorities and server certificates with ECDSA keys on
// P-256, as PEM. Keys are secrets: never logged.
namespace penstock::webhook {

using Time = std::chrono::sys_seconds;

struct Validity {
  Time from;
  Time to;
};

struct CertifiedKey {
  std::string certificate_pem;
  std::string key_pem;
};

// An authority of its own making.
Result<CertifiedKey> make_authority(const std::string& name, Validity validity);

// A server's certificate for these DNS names and IP addresses.
// REQUIRES: `hosts` is not empty.
Result<CertifiedKey> make_server_certificate(const CertifiedKey& authority,
                                             const std::vector<std::string>& hosts,
                                             Validity validity);

// Errors: no certificate, a key that is not its own.
Result<Validity> validity_of(const CertifiedKey& certified);
// Whether the server's certificate was signed by this authority, and holds for every one of
// `hosts`.
bool is_signed_by(const CertifiedKey& server, const CertifiedKey& authority);
bool holds_for(const CertifiedKey& server, const std::vector<std::string>& hosts);

}  // namespace penstock::webhook
