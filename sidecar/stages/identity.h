#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/digest/hashing.h"
#include "sidecar/pipeline/stage.h"

namespace penstock::stages {

// Who is asking: checks the listener's static keys where the policy has some, and derives the
// tenant from the policy's tenant header, else from the credentials. The result is remembered per
// connection.
//
// The credential itself goes nowhere: what stays is a keyed hash that means nothing outside this
// process.
class IdentityStage final : public pipeline::CallerStage {
 public:
  struct Settings {
    std::vector<std::string> client_keys;  // empty: no client authentication by key
    bool checks_keys = false;
    std::string tenant_header;  // lower case; empty: the credential is the tenant
  };
  IdentityStage(Settings settings, std::string hash_key);

  pipeline::Verdict on_request(request::CallerContext& caller) noexcept override;

 private:
  void read_shown(const http1::RequestHead& head);
  void append_gateway_keys(const http1::RequestHead& head);
  void read_tenant_source(const request::CallerContext& caller);
  [[nodiscard]] std::string_view known_by() const;
  [[nodiscard]] bool accepts(std::string_view credential) const;
  void remember(request::ConnectionPeer::Known& known) const;

  Settings settings_;
  std::string hash_key_;
  std::vector<digest::Digest>
      accepted_;          // hashes of the keys: compared without telling where they differ
  digest::Digest rules_;  // a hash of all that it judges by

  // Of the current request.
  std::vector<std::string_view> presented_;  // without "Bearer ", each once, sorted
  std::string
      shown_;  // the same, an empty line, and the cookies; maybe another, and gateways' keys
  std::string_view credentials_;   // in shown_
  std::string_view cookies_;       // in shown_
  std::string_view gateway_keys_;  // in shown_, from the empty line on; mostly none
  std::string tenant_source_;
};

}  // namespace penstock::stages
