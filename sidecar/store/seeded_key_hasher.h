#pragma once

#include <cstdint>

#include "lib/digest/hashing.h"
#include "sidecar/domain/cache_key.h"

namespace penstock::store {

// The hashes of one process: XXH3-128 under a seed and under a secret, Poly1305. Made once at
// start; they mean nothing outside the process and must not leave it.
class SeededKeyHasher final : public domain::KeyHasher {
 public:
  struct Secrets {
    std::uint64_t raw_seed = 0;
    digest::TagKey tag;
    digest::MacKey canonical;

    static Secrets generate();
  };

  explicit SeededKeyHasher(const Secrets& secrets) : secrets_(secrets) {}

  [[nodiscard]] digest::Hash128 raw_key(const domain::RequestBytes& request) const override;
  [[nodiscard]] digest::Hash128 tag(std::string_view body) const override;
  [[nodiscard]] digest::Hash128 canonical_key(std::string_view scope,
                                              std::string_view canonical) const override;

 private:
  Secrets secrets_;
};

}  // namespace penstock::store
