#pragma once

#include <memory>
#include <string>

#include "lib/result/result.h"

struct ssl_ctx_st;
struct ssl_st;
struct ssl_session_st;

namespace penstock::net {

struct TlsSessionFree {
  void operator()(ssl_session_st* session) const noexcept;
};
// One reference to a session; its other holders may let go of theirs meanwhile.
using TlsSession = std::unique_ptr<ssl_session_st, TlsSessionFree>;

// An OpenSSL context: TLS 1.2 or newer, ALPN http/1.1, buffers released while a connection is idle.
// Immutable and shared by every worker; a reloaded certificate is a new context.
class TlsContext {
 public:
  enum class Peer : std::uint8_t {
    kIgnore,   // ask for no certificate
    kRequest,  // verify one if it comes
    kRequire,  // no handshake without a good one
  };

  struct ServerFiles {
    std::string certificate_chain_path;  // PEM
    std::string private_key_path;        // PEM
    std::string client_ca_path;          // PEM bundle; empty: no client certificates
    Peer clients = Peer::kIgnore;
  };
  // kInvalidConfig with OpenSSL's reason when a file cannot be read or does not fit.
  static Result<std::shared_ptr<const TlsContext>> server(const ServerFiles& files);

  struct ClientOptions {
    std::string ca_path;  // PEM bundle; empty: the system's CAs
    bool verify = true;
  };
  static Result<std::shared_ptr<const TlsContext>> client(const ClientOptions& options);

  explicit TlsContext(ssl_ctx_st* context) : context_(context) {}
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  // A session on `descriptor`, ready for the handshake; nullptr when out of memory. The caller owns
  // it.
  [[nodiscard]] ssl_st* accept_on(int descriptor) const;

  // `server_name`: sent as SNI when it is no address, and verified against the certificate.
  // `resumed`: of an earlier connection, or empty.
  [[nodiscard]] ssl_st* connect_on(int descriptor, const std::string& server_name,
                                   const TlsSession& resumed) const;

 private:
  ssl_ctx_st* context_;
};

// The session to resume later; empty while the server has not sent one.
TlsSession resumable_session(ssl_st* tls);

// A reference of its own to the same one; empty for an empty one.
TlsSession share(const TlsSession& session);

enum class HandshakeStep : std::uint8_t { kDone, kWantRead, kWantWrite, kFailed };
HandshakeStep handshake_step(ssl_st* tls);

// Why the last handshake failed, for the log ("certificate verify failed"); names no peer.
std::string handshake_error(ssl_st* tls);

// The verified client certificate's subject, no two alike; empty without one.
std::string peer_subject(ssl_st* tls);

}  // namespace penstock::net
