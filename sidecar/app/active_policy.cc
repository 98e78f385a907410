#include "sidecar/app/active_policy.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>

#include "sidecar/domain/price_import.h"

namespace penstock::app {
namespace {

constexpr std::uintmax_t kSecretBytesMax = 1 << 20;

std::string secret_path(const std::string& secrets_dir, const resolve::SecretKey& key) {
  return secrets_dir + "/" + key.name + "/" + key.key;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::string without_suffix(const std::string& text, std::string_view suffix) {
  return text.substr(0, text.size() - (text.ends_with(suffix) ? suffix.size() : 0));
}

// A line break in a credential would end its header field and begin another.
bool is_one_line(std::string_view credential) {
  return std::ranges::none_of(credential, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}

Result<std::string> read_secret(const std::string& secrets_dir, const resolve::SecretKey& key) {
  if (secrets_dir.empty()) {
    return fail(ErrorCode::kInvalidConfig, "Secret " + key.name +
                                               " is needed: say where secrets are with "
                                               "--secrets-dir");
  }
  std::ifstream in(secret_path(secrets_dir, key), std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(in), {});
  if (!in || text.size() > kSecretBytesMax || trimmed(text).empty()) {
    return fail(ErrorCode::kInvalidConfig, "Secret " + key.name + " has no usable key " + key.key +
                                               " (want the file " + secret_path(secrets_dir, key) +
                                               ")");
  }
  return text;
}

// One key a line; `#` starts a comment.
std::vector<std::string> key_lines(const std::string& text) {
  std::vector<std::string> keys;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::string_view key = trimmed(std::string_view(line).substr(0, line.find('#')));
    if (!key.empty()) {
      keys.emplace_back(key);
    }
  }
  return keys;
}

Result<http::Upstream> make_upstream(const resolve::Backend& backend,
                                     const std::string& secrets_dir, http::OriginTable& origins) {
  const std::string ca = backend.tls.ca ? secret_path(secrets_dir, *backend.tls.ca) : std::string();
  auto origin = origins.origin(backend, ca);
  if (!origin) {
    return std::unexpected(origin.error());
  }
  http::Upstream upstream{.origin = std::move(*origin), .base_path = backend.base_path};
  upstream.versionless = without_suffix(upstream.base_path, "/v1");
  if (backend.credentials) {
    const auto secret = read_secret(secrets_dir, *backend.credentials);
    if (!secret) {
      return std::unexpected(secret.error());
    }
    const std::string_view key = trimmed(*secret);
    if (!is_one_line(key)) {
      return fail(ErrorCode::kInvalidConfig, "Secret " + backend.credentials->name + ", key " +
                                                 backend.credentials->key +
                                                 ": want one line without control characters");
    }
    const bool anthropic = backend.dialect == resolve::DialectName::kAnthropic;
    upstream.credential_name = anthropic ? "x-api-key" : "authorization";
    upstream.credential_value = (anthropic ? "" : "Bearer ") + std::string(key);
  }
  return upstream;
}

Result<std::shared_ptr<const net::TlsContext>> make_listener_tls(const resolve::ListenerTls& tls,
                                                                 const std::string& secrets_dir) {
  net::TlsContext::ServerFiles files;
  files.certificate_chain_path = secret_path(secrets_dir, {tls.certificate_secret, "tls.crt"});
  files.private_key_path = secret_path(secrets_dir, {tls.certificate_secret, "tls.key"});
  if (tls.client_ca) {
    files.client_ca_path = secret_path(secrets_dir, *tls.client_ca);
  }
  switch (tls.client_certificates) {
    case resolve::ClientCertificates::kNone: files.clients = net::TlsContext::Peer::kIgnore; break;
    case resolve::ClientCertificates::kRequest:
      files.clients = net::TlsContext::Peer::kRequest;
      break;
    case resolve::ClientCertificates::kRequire:
      files.clients = net::TlsContext::Peer::kRequire;
      break;
  }
  return net::TlsContext::server(files);
}

std::vector<std::string> model_names(const resolve::ResolvedPolicy& policy) {
  std::vector<std::string> names;
  for (const resolve::Backend& backend : policy.backends) {
    for (const resolve::BackendModel& model : backend.models) {
      names.push_back(model.name);
    }
  }
  return names;
}

Result<std::vector<domain::ListedPrice>> read_prices(const resolve::PriceFile& file,
                                                     std::vector<std::string>& warnings) {
  std::ifstream in(file.path, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  if (!in) {
    return fail(ErrorCode::kInvalidConfig, "price file " + file.path + " cannot be read");
  }
  auto imported = file.format == resolve::PriceFile::Format::kLiteLlm
                      ? domain::import_litellm(text)
                      : domain::import_models_dev(text);
  if (!imported) {
    return fail(ErrorCode::kInvalidConfig,
                "price file " + file.path + ": " + imported.error().detail);
  }
  for (const std::string& warning : imported->warnings) {
    warnings.push_back(file.path + ": " + warning);
  }
  return std::move(imported->prices);
}

}  // namespace

Result<std::shared_ptr<const ActivePolicy>> activate(resolve::ResolvedPolicy policy,
                                                     const std::string& secrets_dir,
                                                     http::OriginTable& origins, TierSet& tiers) {
  auto active = std::make_shared<ActivePolicy>();
  active->backend_board = std::make_shared<stages::BackendBoard>(policy.backends.size());
  for (const resolve::Backend& backend : policy.backends) {
    auto upstream = make_upstream(backend, secrets_dir, origins);
    if (!upstream) {
      return std::unexpected(upstream.error());
    }
    active->upstreams.push_back(std::move(*upstream));
  }
  if (policy.listener.tls) {
    auto tls = make_listener_tls(*policy.listener.tls, secrets_dir);
    if (!tls) {
      return std::unexpected(tls.error());
    }
    active->listener_tls = std::move(*tls);
  }
  if (policy.listener.client_keys) {
    const auto keys = read_secret(secrets_dir, *policy.listener.client_keys);
    if (!keys) {
      return std::unexpected(keys.error());
    }
    active->client_keys = key_lines(*keys);
  }
  std::vector<domain::ListedPrice> listed;
  for (const resolve::PriceFile& file : policy.price_files) {
    auto prices = read_prices(file, active->warnings);
    if (!prices) {
      return std::unexpected(prices.error());
    }
    listed.insert(listed.end(), std::make_move_iterator(prices->begin()),
                  std::make_move_iterator(prices->end()));
  }
  active->prices = std::make_shared<const domain::PriceTable>(policy.backends, std::move(listed));
  active->tiers = tiers.use(policy);
  active->models = std::make_shared<const request::KnownModels>(model_names(policy));
  active->policy = std::make_shared<const resolve::ResolvedPolicy>(std::move(policy));
  return active;
}

}  // namespace penstock::app
