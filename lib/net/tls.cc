#include "lib/net/tls.h"

#include <array>
#include <span>
#include <string_view>

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace penstock::net {
namespace {

constexpr std::array<unsigned char, 9> kAlpnHttp11 = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

// Client sessions hang on the SSL object itself, so that the pool can pick them up per backend.
int keep_session(SSL* tls, SSL_SESSION* session) {
  auto* previous = static_cast<SSL_SESSION*>(SSL_get_app_data(tls));
  SSL_SESSION_free(previous);
  SSL_set_app_data(tls, session);
  return 1;  // we hold the reference now
}

int select_alpn(SSL* /*tls*/, const unsigned char** out, unsigned char* out_size,
                const unsigned char* offered, unsigned int offered_size, void* /*argument*/) {
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, kAlpnHttp11.data(), kAlpnHttp11.size(), offered,
                            offered_size) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_NOACK;  // a client that offers only others still speaks HTTP/1.1 to us
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

std::string openssl_reason() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "unknown TLS error" : reason;
}

std::unexpected<Error> tls_error(const std::string& what) {
  return fail(ErrorCode::kInvalidConfig, what + ": " + openssl_reason());
}

void apply_common(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
}

std::string name_digest(const X509_NAME* name) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  std::string text = "sha256:";
  if (X509_NAME_digest(name, EVP_sha256(), digest.data(), &size) == 1) {
    for (const unsigned char byte : std::span(digest).first(size)) {
      text += kDigits[byte >> 4U];
      text += kDigits[byte & 0xFU];
    }
  }
  return text;
}

// As RFC 2253 prints it: with what separates its parts escaped within them, so that two names never
// read the same. A very long one is told by its digest.
std::string name_as_text(const X509_NAME* name) {
  constexpr std::size_t kTextBytesMax = 1024;
  const std::unique_ptr<BIO, decltype(&BIO_free)> printed(BIO_new(BIO_s_mem()), &BIO_free);
  if (printed == nullptr || X509_NAME_print_ex(printed.get(), name, 0, XN_FLAG_RFC2253) < 0) {
    return name_digest(name);
  }
  const std::size_t size = BIO_ctrl_pending(printed.get());
  if (size > kTextBytesMax) {
    return name_digest(name);
  }
  std::string text(size, '\0');
  BIO_read(printed.get(), text.data(), static_cast<int>(size));
  return text;
}

bool is_address(const std::string& name) {
  std::array<unsigned char, 16> ignored{};
  return inet_pton(AF_INET, name.c_str(), ignored.data()) == 1 ||
         inet_pton(AF_INET6, name.c_str(), ignored.data()) == 1;
}

}  // namespace

Result<std::shared_ptr<const TlsContext>> TlsContext::server(const ServerFiles& files) {
  SSL_CTX* raw = SSL_CTX_new(TLS_server_method());
  auto context = std::make_shared<const TlsContext>(raw);
  apply_common(raw);
  SSL_CTX_set_alpn_select_cb(raw, &select_alpn, nullptr);
  // Tickets resume without server memory; the cache would grow with every client.
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  constexpr std::string_view kSessionContext = "penstock";
  SSL_CTX_set_session_id_context(raw,
                                 reinterpret_cast<const unsigned char*>(kSessionContext.data()),
                                 static_cast<unsigned>(kSessionContext.size()));
  if (SSL_CTX_use_certificate_chain_file(raw, files.certificate_chain_path.c_str()) != 1) {
    return tls_error("certificate " + files.certificate_chain_path);
  }
  if (SSL_CTX_use_PrivateKey_file(raw, files.private_key_path.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(raw) != 1) {
    return tls_error("private key " + files.private_key_path);
  }
  if (files.clients != Peer::kIgnore) {
    if (SSL_CTX_load_verify_locations(raw, files.client_ca_path.c_str(), nullptr) != 1) {
      return tls_error("client CA " + files.client_ca_path);
    }
    SSL_CTX_set_client_CA_list(raw, SSL_load_client_CA_file(files.client_ca_path.c_str()));
    const int required = files.clients == Peer::kRequire ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0;
    SSL_CTX_set_verify(raw, SSL_VERIFY_PEER | required, nullptr);
  }
  return context;
}

Result<std::shared_ptr<const TlsContext>> TlsContext::client(const ClientOptions& options) {
  SSL_CTX* raw = SSL_CTX_new(TLS_client_method());
  auto context = std::make_shared<const TlsContext>(raw);
  apply_common(raw);
  SSL_CTX_set_alpn_protos(raw, kAlpnHttp11.data(), kAlpnHttp11.size());
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(raw, &keep_session);
  if (!options.verify) {
    SSL_CTX_set_verify(raw, SSL_VERIFY_NONE, nullptr);
    return context;
  }
  const bool loaded = options.ca_path.empty() ? SSL_CTX_set_default_verify_paths(raw) == 1
                                              : SSL_CTX_load_verify_locations(
                                                    raw, options.ca_path.c_str(), nullptr) == 1;
  if (!loaded) {
    return tls_error("CA bundle " + options.ca_path);
  }
  SSL_CTX_set_verify(raw, SSL_VERIFY_PEER, nullptr);
  return context;
}

TlsContext::~TlsContext() {
  SSL_CTX_free(context_);
}

ssl_st* TlsContext::accept_on(int descriptor) const {
  SSL* tls = SSL_new(context_);
  if (tls != nullptr) {
    SSL_set_fd(tls, descriptor);
    SSL_set_accept_state(tls);
  }
  return tls;
}

ssl_st* TlsContext::connect_on(int descriptor, const std::string& server_name,
                               const TlsSession& resumed) const {
  SSL* tls = SSL_new(context_);
  if (tls == nullptr) {
    return nullptr;
  }
  SSL_set_fd(tls, descriptor);
  SSL_set_connect_state(tls);
  if (is_address(server_name)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls), server_name.c_str());
  } else {
    // What SSL_set_tlsext_host_name stands for, without its C cast, which g++ takes for ours.
    SSL_ctrl(tls, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
             const_cast<char*>(server_name.c_str()));
    SSL_set1_host(tls, server_name.c_str());
  }
  if (resumed != nullptr) {
    SSL_set_session(tls, resumed.get());
  }
  return tls;
}

void TlsSessionFree::operator()(ssl_session_st* session) const noexcept {
  SSL_SESSION_free(session);
}

TlsSession resumable_session(ssl_st* tls) {
  auto* kept = static_cast<SSL_SESSION*>(SSL_get_app_data(tls));
  SSL_set_app_data(tls, nullptr);
  return TlsSession(kept);
}

TlsSession share(const TlsSession& session) {
  if (session != nullptr) {
    SSL_SESSION_up_ref(session.get());
  }
  return TlsSession(session.get());
}

HandshakeStep handshake_step(ssl_st* tls) {
  ERR_clear_error();
  const int n = SSL_do_handshake(tls);
  if (n == 1) {
    return HandshakeStep::kDone;
  }
  switch (SSL_get_error(tls, n)) {
    case SSL_ERROR_WANT_READ: return HandshakeStep::kWantRead;
    case SSL_ERROR_WANT_WRITE: return HandshakeStep::kWantWrite;
    default: return HandshakeStep::kFailed;
  }
}

std::string handshake_error(ssl_st* tls) {
  const long verified = SSL_get_verify_result(tls);
  if (verified != X509_V_OK) {
    ERR_clear_error();
    return X509_verify_cert_error_string(verified);
  }
  return openssl_reason();
}

std::string peer_subject(ssl_st* tls) {
  X509* certificate = SSL_get1_peer_certificate(tls);
  if (certificate == nullptr || SSL_get_verify_result(tls) != X509_V_OK) {
    X509_free(certificate);
    return {};
  }
  std::string subject = name_as_text(X509_get_subject_name(certificate));
  X509_free(certificate);
  return subject;
}

}  // namespace penstock::net
