#include "sidecar/store/seeded_key_hasher.h"

#include <array>
#include <string_view>

namespace penstock::store {

SeededKeyHasher::Secrets SeededKeyHasher::Secrets::generate() {
  return {.raw_seed = digest::random_seed(),
          .tag = digest::TagKey::generate(),
          .canonical = digest::MacKey::generate()};
}

// The scope goes in as the seed of the body's hash: no copy to join the two.
digest::Hash128 SeededKeyHasher::raw_key(const domain::RequestBytes& request) const {
  return digest::xxh3_128(request.body, digest::xxh3_64(request.scope, secrets_.raw_seed));
}

digest::Hash128 SeededKeyHasher::tag(std::string_view body) const {
  return digest::keyed_tag(secrets_.tag, body);
}

// A scope says where it ends (KeyScope), and so does a canonical form.
digest::Hash128 SeededKeyHasher::canonical_key(std::string_view scope,
                                               std::string_view canonical) const {
  const std::array<std::string_view, 2> parts = {scope, canonical};
  return digest::poly1305(secrets_.canonical, parts);
}

}  // namespace penstock::store
