#include "sidecar/stages/identity.h"

#include <algorithm>
#include <array>

#include "sidecar/stages/header_values.h"

namespace penstock::stages {
namespace {

constexpr std::string_view kBearer = "bearer ";

// A credential as it is known whichever field it stands in.
std::string_view without_scheme(std::string_view value) {
  if (value.size() > kBearer.size() &&
      http1::equals_ignoring_case(value.substr(0, kBearer.size()), kBearer)) {
    value.remove_prefix(kBearer.size());
  }
  return value;
}

// No field's value holds the separator.
void append_line(std::string& lines, std::string_view value) {
  lines += value;
  lines += '\n';
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

// Every line counts, for all of them go on: two users behind one mesh token are told apart by their
// own keys, and who shows more than one key is known by all of them.
void IdentityStage::read_shown(const http1::RequestHead& head) {
  presented_.clear();
  for (const http1::HeaderField& field : head.fields) {
    if (http1::kModelKeySet.contains(field.id) && !field.value.empty()) {
      const bool has_scheme = field.id == http1::HeaderId::kAuthorization;
      presented_.push_back(has_scheme ? without_scheme(field.value) : field.value);
    }
  }
  std::ranges::sort(presented_);
  const auto repeated = std::ranges::unique(presented_);
  presented_.erase(repeated.begin(), repeated.end());
  shown_.clear();
  for (const std::string_view value : presented_) {
    append_line(shown_, value);
  }
  const std::size_t credentials_end = shown_.size();
  append_line(shown_, {});  // an empty line, which no credential is
  const std::size_t cookies_begin = shown_.size();
  for (const http1::HeaderField& field : head.fields) {
    if (field.id == http1::HeaderId::kCookie && !field.value.empty()) {
      append_line(shown_, field.value);
    }
  }
  const std::size_t cookies_end = shown_.size();
  if (head.present.meets(http1::kGatewayKeySet)) {
    append_gateway_keys(head);
  }
  credentials_ = std::string_view(shown_).substr(0, credentials_end);
  cookies_ = std::string_view(shown_).substr(cookies_begin, cookies_end - cookies_begin);
  gateway_keys_ = std::string_view(shown_).substr(cookies_end);
}

// Each with its field's name, for a gateway knows nobody by another's key.
void IdentityStage::append_gateway_keys(const http1::RequestHead& head) {
  append_line(shown_, {});
  for (const http1::HeaderField& field : head.fields) {
    if (http1::kGatewayKeySet.contains(field.id)) {
      shown_ += http1::header_name(field.id);
      shown_ += ':';
      append_line(shown_, field.value);
    }
  }
}

// What the tenant is derived from, each kind apart, so that a header cannot name somebody's key.
void IdentityStage::read_tenant_source(const request::CallerContext& caller) {
  tenant_source_.clear();
  if (!settings_.tenant_header.empty()) {
    for_each_value(caller.text->head, settings_.tenant_header, [this](std::string_view value) {
      if (!value.empty()) {
        tenant_source_ += tenant_source_.empty() ? "h" : "\n";
        tenant_source_ += value;
      }
    });
  }
  const auto take = [this](char kind, std::string_view value) {
    if (tenant_source_.empty() && !value.empty()) {
      tenant_source_ += kind;
      tenant_source_ += value;
    }
  };
  take('c', credentials_);
  take('m', caller.peer.certificate_subject);
  take('s', cookies_);  // a session: anything but anonymous
  if (!gateway_keys_.empty() && !tenant_source_.starts_with('h')) {
    tenant_source_.insert(0, 1, '\n').insert(0, gateway_keys_);
  }
}

// What tells callers apart for a backend: its key. Where there is none, or it is the listener's and
// goes no further, the session is; whose that is the key tells that came with it. The session
// itself parts nobody beside a key: the jars of clients hold what their network puts there, another
// for each process. What gateways know a caller by goes on whosever its key is, and is told apart
// beside this.
std::string_view IdentityStage::known_by() const {
  if (credentials_.empty() || (settings_.checks_keys && cookies_.empty())) {
    return cookies_;
  }
  return credentials_;
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
  if (!known_by().empty() || !gateway_keys_.empty()) {
    const std::array<std::string_view, 2> parts{known_by(), gateway_keys_};
    known.upstream_identity = digest::hmac_sha256(hash_key_, parts).words[0];
  }
}

pipeline::Verdict IdentityStage::on_request(request::CallerContext& caller) noexcept {
  read_shown(caller.text->head);
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
