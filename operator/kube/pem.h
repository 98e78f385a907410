#pragma once

#include <memory>
#include <string>

#include <openssl/evp.h>
#include <openssl/x509.h>

// PEM texts to OpenSSL's objects; nullptr where a text holds no such thing.
namespace penstock::kube {

struct FreeCertificate {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct FreeStore {
  void operator()(X509_STORE* store) const { X509_STORE_free(store); }
};
using CertificatePtr = std::unique_ptr<X509, FreeCertificate>;
using KeyPtr = std::unique_ptr<EVP_PKEY, FreeKey>;
using StorePtr = std::unique_ptr<X509_STORE, FreeStore>;

CertificatePtr certificate_of(const std::string& pem);  // the first
KeyPtr key_of(const std::string& pem);
StorePtr store_of(const std::string& pem);  // all certificates, to be trusted

}  // namespace penstock::kube
