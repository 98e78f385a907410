#include "operator/webhook/x509.h"

#include <algorithm>
#include <ctime>
#include <memory>
#include <optional>
#include <utility>

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "operator/kube/pem.h"

namespace penstock::webhook {
namespace {

using kube::CertificatePtr;
using kube::KeyPtr;

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct FreeExtension {
  void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
};

std::unexpected<Error> failed() {
  return fail(ErrorCode::kInternal, "OpenSSL could not make a certificate");
}

// What `write` leaves in a memory BIO.
template <class Write>
std::string pem_of(const Write& write) {
  const std::unique_ptr<BIO, FreeBio> bio(BIO_new(BIO_s_mem()));
  if (!bio || write(bio.get()) != 1) {
    return {};
  }
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

KeyPtr make_key() {
  std::string curve = "P-256";
  return KeyPtr(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve.data()));
}

bool is_address(const std::string& host) {
  in6_addr address{};
  return inet_pton(AF_INET, host.c_str(), &address) == 1 ||
         inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

bool add_extension(X509* certificate, X509* issuer, int id, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, FreeExtension> extension(
      X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str()));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool set_serial(X509* certificate) {
  std::uint64_t serial = 0;
  if (RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof(serial)) != 1) {
    return false;
  }
  return ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1U) == 1;
}

bool set_times(X509* certificate, Validity validity) {
  const auto set = [](ASN1_TIME* field, Time time) {
    return ASN1_TIME_set(field, time.time_since_epoch().count()) != nullptr;
  };
  return set(X509_getm_notBefore(certificate), validity.from) &&
         set(X509_getm_notAfter(certificate), validity.to);
}

bool set_subject(X509* certificate, const std::string& name) {
  const auto* text = reinterpret_cast<const unsigned char*>(name.c_str());
  return X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8, text,
                                    -1, -1, 0) == 1;
}

// Everything but issuer, extensions and signature.
CertificatePtr begin(const std::string& name, Validity validity, EVP_PKEY* key) {
  CertificatePtr certificate(X509_new());
  constexpr long kVersion3 = 2;
  const bool good =
      certificate && key != nullptr && X509_set_version(certificate.get(), kVersion3) == 1 &&
      set_serial(certificate.get()) && set_times(certificate.get(), validity) &&
      set_subject(certificate.get(), name) && X509_set_pubkey(certificate.get(), key) == 1;
  return good ? std::move(certificate) : nullptr;
}

Result<CertifiedKey> sign(X509* certificate, EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key) {
  if (X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) != 1 ||
      X509_sign(certificate, issuer_key, EVP_sha256()) == 0) {
    return failed();
  }
  CertifiedKey result{
      pem_of([certificate](BIO* bio) { return PEM_write_bio_X509(bio, certificate); }),
      pem_of([key](BIO* bio) {
        return PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
      })};
  if (result.certificate_pem.empty() || result.key_pem.empty()) {
    return failed();
  }
  return result;
}

std::optional<Time> time_of(const ASN1_TIME* field) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(field, &parts) != 1) {
    return std::nullopt;
  }
  return Time(std::chrono::seconds(timegm(&parts)));
}

}  // namespace

Result<CertifiedKey> make_authority(const std::string& name, Validity validity) {
  const KeyPtr key = make_key();
  const CertificatePtr certificate = begin(name, validity, key.get());
  if (!certificate) {
    return failed();
  }
  X509* raw = certificate.get();
  if (!add_extension(raw, raw, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") ||
      !add_extension(raw, raw, NID_key_usage, "critical,keyCertSign,cRLSign") ||
      !add_extension(raw, raw, NID_subject_key_identifier, "hash")) {
    return failed();
  }
  return sign(raw, key.get(), raw, key.get());
}

Result<CertifiedKey> make_server_certificate(const CertifiedKey& authority,
                                             const std::vector<std::string>& hosts,
                                             Validity validity) {
  const CertificatePtr issuer = kube::certificate_of(authority.certificate_pem);
  const KeyPtr issuer_key = kube::key_of(authority.key_pem);
  const KeyPtr key = make_key();
  // A subject holds 64 characters; the names that count stand in the extension.
  const CertificatePtr certificate = begin("penstock-webhook", validity, key.get());
  if (!issuer || !issuer_key || !certificate) {
    return failed();
  }
  std::string names;
  for (const std::string& host : hosts) {
    names += (names.empty() ? "" : ",") + std::string(is_address(host) ? "IP:" : "DNS:") + host;
  }
  X509* raw = certificate.get();
  if (!add_extension(raw, issuer.get(), NID_basic_constraints, "critical,CA:FALSE") ||
      !add_extension(raw, issuer.get(), NID_key_usage, "critical,digitalSignature") ||
      !add_extension(raw, issuer.get(), NID_ext_key_usage, "serverAuth") ||
      !add_extension(raw, issuer.get(), NID_authority_key_identifier, "keyid") ||
      !add_extension(raw, issuer.get(), NID_subject_alt_name, names)) {
    return failed();
  }
  return sign(raw, key.get(), issuer.get(), issuer_key.get());
}

Result<Validity> validity_of(const CertifiedKey& certified) {
  const CertificatePtr certificate = kube::certificate_of(certified.certificate_pem);
  const KeyPtr key = kube::key_of(certified.key_pem);
  if (!certificate || !key || X509_check_private_key(certificate.get(), key.get()) != 1) {
    return fail(ErrorCode::kInvalidConfig, "no certificate with its key");
  }
  const auto from = time_of(X509_get0_notBefore(certificate.get()));
  const auto to = time_of(X509_get0_notAfter(certificate.get()));
  if (!from || !to) {
    return fail(ErrorCode::kInvalidConfig, "the certificate's times cannot be read");
  }
  return Validity{*from, *to};
}

bool is_signed_by(const CertifiedKey& server, const CertifiedKey& authority) {
  const CertificatePtr certificate = kube::certificate_of(server.certificate_pem);
  const CertificatePtr issuer = kube::certificate_of(authority.certificate_pem);
  return certificate && issuer &&
         X509_verify(certificate.get(), X509_get0_pubkey(issuer.get())) == 1;
}

bool holds_for(const CertifiedKey& server, const std::vector<std::string>& hosts) {
  const CertificatePtr certificate = kube::certificate_of(server.certificate_pem);
  return certificate && std::ranges::all_of(hosts, [&certificate](const std::string& host) {
           return is_address(host) ? X509_check_ip_asc(certificate.get(), host.c_str(), 0) == 1
                                   : X509_check_host(certificate.get(), host.data(), host.size(), 0,
                                                     nullptr) == 1;
         });
}

}  // namespace penstock::webhook
