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
  // A key is one line, so no other keys join to the same text.
  std::string rules(settings_.checks_keys ? "keys\n" : "\n");
  rules.append(settings_.tenant_header).append("\n");
  for (const std::string& key : settings_.client_keys) {
    rules.append(key).append("\n");
  }
  const std::array<std::string_view, 1> parts{rules};
  rules_ = digest::hmac_sha256(hash_key_, parts);
}

// Every credential counts: two users behind one mesh token are told apart by their own keys, and
// who shows more than one key is known by all of them.
void IdentityStage::read_credentials(const request::CallerContext& caller) {
  const http1::RequestHead& head = caller.text->head;
  presented_.clear();
  std::string_view bearer = value_of(head, http1::HeaderId::kAuthorization);
  if (bearer.size() > kBearer.size() &&
      http1::equals_ignoring_case(bearer.substr(0, kBearer.size()), kBearer)) {
    bearer.remove_prefix(kBearer.size());
  }
  for (const std::string_view value : {bearer, value_of(head, http1::HeaderId::kApiKey),
                                       value_of(head, http1::HeaderId::kAzureApiKey),
                                       value_of(head, http1::HeaderId::kGoogleApiKey)}) {
    if (!value.empty() && std::ranges::find(presented_, value) == presented_.end()) {
      presented_.push_back(value);
    }
  }
  std::ranges::sort(presented_);
  credentials_.clear();
  for (const std::string_view value : presented_) {
    credentials_ += value;
    credentials_ += '\n';  // no field's value holds one
  }
  shown_ = credentials_.empty() ? value_of(head, http1::HeaderId::kCookie) : credentials_;
}

// What the tenant is derived from, each kind apart, so that a header cannot name somebody's key.
void IdentityStage::read_tenant_source(const request::CallerContext& caller) {
  const http1::RequestHead& head = caller.text->head;
  const auto take = [this](char kind, std::string_view value) {
    if (tenant_source_.empty() && !value.empty()) {
      tenant_source_ += kind;
      tenant_source_ += value;
    }
  };
  tenant_source_.clear();
  if (!settings_.tenant_header.empty()) {
    take('h', value_of(head, settings_.tenant_header));
  }
  take('c', credentials_);
  take('m', caller.peer.certificate_subject);
  take('s', value_of(head, http1::HeaderId::kCookie));  // a session: anything but anonymous
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

void IdentityStage::remember(request::ConnectionPeer::Known& known) const {
  known.shown = shown_;
  known.tenant_source = tenant_source_;
  known.judged_by = rules_;
  known.credential_accepted = !settings_.checks_keys;
  for (const std::string_view value : presented_) {
    known.credential_accepted = accepts(value) || known.credential_accepted;
  }
  known.tenant.clear();
  if (!tenant_source_.empty()) {
    const std::array<std::string_view, 1> parts{tenant_source_};
    known.tenant = digest::to_hex(digest::hmac_sha256(hash_key_, parts)).substr(0, 32);
  }
  known.upstream_identity = 0;
  if (!shown_.empty()) {
    const std::array<std::string_view, 1> parts{shown_};
    known.upstream_identity = digest::hmac_sha256(hash_key_, parts).words[0];
  }
}

pipeline::Verdict IdentityStage::on_request(request::CallerContext& caller) noexcept {
  read_credentials(caller);
  read_tenant_source(caller);
  if (caller.peer.known == nullptr) {
    caller.peer.known = std::make_unique<request::ConnectionPeer::Known>();
  }
  request::ConnectionPeer::Known& known = *caller.peer.known;
  const bool same =
      known.judged_by == rules_ && known.shown == shown_ && known.tenant_source == tenant_source_;
  if (!same) {
    remember(known);
  }
  if (!known.credential_accepted) {
    caller.refuse(ErrorCode::kUnauthenticated, "The API key is missing or not accepted.");
    return pipeline::Verdict::kRespond;
  }
  caller.tenant = known.tenant;
  return pipeline::Verdict::kContinue;
}

}  // namespace penstock::stages
