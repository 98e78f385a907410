#include "sidecar/stages/identity.h"

#include <algorithm>
#include <array>

namespace penstock::stages {
namespace {

constexpr std::string_view kBearer = "bearer ";

std::string_view value_of(const http1::RequestHead& head, http1::HeaderId id) {
  const http1::HeaderField* field = head.find(id);
  return field == nullptr ? std::string_view{} : field->value;
}

std::string_view value_of(const http1::RequestHead& head, std::string_view name) {
  const auto found = std::ranges::find_if(head.fields, [name](const http1::HeaderField& field) {
    return http1::equals_ignoring_case(field.name, name);
  });
  return found == head.fields.end() ? std::string_view{} : found->value;
}

}  // namespace

IdentityStage::IdentityStage(Settings settings, std::string hash_key)
    : settings_(std::move(settings)), hash_key_(std::move(hash_key)) {
  for (const std::string& key : settings_.client_keys) {
    const std::array<std::string_view, 1> parts{key};
    accepted_.push_back(digest::hmac_sha256(hash_key_, parts));
  }
}

IdentityStage::Credential IdentityStage::credential_of(const request::CallerContext& caller) const {
  const http1::RequestHead& head = caller.text->head;
  Credential credential;
  credential.text = value_of(head, http1::HeaderId::kAuthorization);
  if (credential.text.size() > kBearer.size() &&
      http1::equals_ignoring_case(credential.text.substr(0, kBearer.size()), kBearer)) {
    credential.text.remove_prefix(kBearer.size());
  }
  if (credential.text.empty()) {
    credential.text = value_of(head, http1::HeaderId::kApiKey);
  }
  if (credential.text.empty()) {
    credential.text = value_of(head, http1::HeaderId::kAzureApiKey);
  }
  credential.tenant =
      settings_.tenant_header.empty() ? credential.text : value_of(head, settings_.tenant_header);
  if (credential.tenant.empty() && settings_.tenant_header.empty()) {
    credential.tenant = caller.peer.certificate_subject;
  }
  return credential;
}

// Every key is looked at, so the time does not tell which one was close.
bool IdentityStage::accepts(std::string_view credential) const {
  const std::array<std::string_view, 1> parts{credential};
  const digest::Digest presented = digest::hmac_sha256(hash_key_, parts);
  bool accepted = false;
  for (const digest::Digest& key : accepted_) {
    std::uint64_t difference = 0;
    for (std::size_t i = 0; i < key.words.size(); ++i) {
      difference |= key.words[i] ^ presented.words[i];
    }
    accepted = accepted || difference == 0;
  }
  return accepted;
}

void IdentityStage::remember(request::ConnectionPeer::Known& known, const Credential& credential,
                             const std::string& policy_hash) const {
  known.credential = credential.text;
  known.tenant_source = credential.tenant;
  known.policy_hash = policy_hash;
  known.credential_accepted = !settings_.checks_keys || accepts(credential.text);
  known.tenant.clear();
  if (!credential.tenant.empty()) {
    const std::array<std::string_view, 1> parts{credential.tenant};
    known.tenant = digest::to_hex(digest::hmac_sha256(hash_key_, parts)).substr(0, 32);
  }
}

pipeline::Verdict IdentityStage::on_request(request::CallerContext& caller) noexcept {
  const Credential credential = credential_of(caller);
  if (caller.peer.known == nullptr) {
    caller.peer.known = std::make_unique<request::ConnectionPeer::Known>();
  }
  request::ConnectionPeer::Known& known = *caller.peer.known;
  const bool same = known.policy_hash == caller.policy->hash &&
                    known.credential == credential.text && known.tenant_source == credential.tenant;
  if (!same) {
    remember(known, credential, caller.policy->hash);
  }
  if (!known.credential_accepted) {
    caller.refuse(ErrorCode::kUnauthenticated, "The API key is missing or not accepted.");
    return pipeline::Verdict::kRespond;
  }
  caller.tenant = known.tenant;
  return pipeline::Verdict::kContinue;
}

}  // namespace penstock::stages
