#include "operator/kube/pem.h"

#include <openssl/bio.h>
#include <openssl/pem.h>

namespace penstock::kube {
namespace {

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using BioPtr = std::unique_ptr<BIO, FreeBio>;

BioPtr memory(const std::string& pem) {
  return BioPtr(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

CertificatePtr next_certificate(BIO* bio) {
  return CertificatePtr(PEM_read_bio_X509(bio, nullptr, nullptr, nullptr));
}

}  // namespace

CertificatePtr certificate_of(const std::string& pem) {
  return next_certificate(memory(pem).get());
}

KeyPtr key_of(const std::string& pem) {
  return KeyPtr(PEM_read_bio_PrivateKey(memory(pem).get(), nullptr, nullptr, nullptr));
}

StorePtr store_of(const std::string& pem) {
  StorePtr store(X509_STORE_new());
  const BioPtr bio = memory(pem);
  bool any = false;
  while (const CertificatePtr certificate = next_certificate(bio.get())) {
    any = X509_STORE_add_cert(store.get(), certificate.get()) == 1 || any;
  }
  return any ? std::move(store) : nullptr;
}

}  // namespace penstock::kube
