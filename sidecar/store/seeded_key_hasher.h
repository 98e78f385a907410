#pragma once

#include <cstdint>

#include "lib/digest/hashing.h"
#include "sidecar/domain/cache_key.h"

namespace penstock::store {

// The hashes of one process: XXH3-128 under a seed and under a secret, SHA-256. Made once at
// start; raw keys and tags mean nothing outside the process and must not leave it.
class SeededKeyHasher final : public domain::KeyHasher {
 public:
  SeededKeyHasher(std::uint64_t seed, const digest::TagKey& key) : seed_(seed), key_(key) {}

  [[nodiscard]] digest::Hash128 raw_key(const domain::RequestBytes& request) const override;
  [[nodiscard]] digest::Hash128 tag(std::string_view body) const override;
  [[nodiscard]] digest::Digest canonical_key(std::string_view scope,
                                             std::string_view canonical) const override;

 private:
  std::uint64_t seed_;
  digest::TagKey key_;
};

}  // namespace penstock::store
