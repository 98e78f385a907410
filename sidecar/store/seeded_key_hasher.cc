#include "sidecar/store/seeded_key_hasher.h"

#include <array>
#include <string_view>

namespace penstock::store {

// The scope goes in as the seed of the body's hash: no copy to join the two.
digest::Hash128 SeededKeyHasher::raw_key(const domain::RequestBytes& request) const {
  return digest::xxh3_128(request.body, digest::xxh3_64(request.scope, seed_));
}

// The proof compares both lengths beside the tag, so the parts need no border between them. The
// body comes first, where it is read in whole blocks.
digest::Hash128 SeededKeyHasher::tag(const domain::RequestBytes& request) const {
  const std::array<std::string_view, 2> parts = {request.body, request.scope};
  return digest::keyed_tag(key_, parts);
}

// A scope says where it ends (KeyScope), and so does a canonical form.
digest::Digest SeededKeyHasher::canonical_key(std::string_view scope,
                                              std::string_view canonical) const {
  const std::array<std::string_view, 2> parts = {scope, canonical};
  return digest::sha256(parts);
}

}  // namespace penstock::store
