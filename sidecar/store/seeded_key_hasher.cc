#include "sidecar/store/seeded_key_hasher.h"

#include <array>
#include <string_view>

namespace penstock::store {

// The scope goes in as the seed of the body's hash: no copy to join the two.
digest::Hash128 SeededKeyHasher::raw_key(const domain::RequestBytes& request) const {
  return digest::xxh3_128(request.body, digest::xxh3_64(request.scope, seed_));
}

digest::Hash128 SeededKeyHasher::tag(std::string_view body) const {
  return digest::keyed_tag(key_, body);
}

// A scope says where it ends (KeyScope), and so does a canonical form.
digest::Digest SeededKeyHasher::canonical_key(std::string_view scope,
                                              std::string_view canonical) const {
  const std::array<std::string_view, 2> parts = {scope, canonical};
  return digest::sha256(parts);
}

}  // namespace penstock::store
