#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "sidecar/domain/cache_key.h"

namespace penstock::fakes {

// A hasher whose raw keys all collide if a test says so; its other hashes are std::hash.
class FakeKeyHasher final : public domain::KeyHasher {
 public:
  explicit FakeKeyHasher(bool raw_keys_collide = false) : raw_keys_collide_(raw_keys_collide) {}

  [[nodiscard]] digest::Hash128 raw_key(const domain::RequestBytes& request) const override {
    return raw_keys_collide_ ? digest::Hash128{1, 1} : hash(request);
  }
  [[nodiscard]] digest::Hash128 tag(std::string_view body) const override {
    ++tags_;
    return hash({.scope = "", .body = body});
  }
  [[nodiscard]] digest::Hash128 canonical_key(std::string_view scope,
                                              std::string_view canonical) const override {
    return hash({.scope = scope, .body = canonical});
  }

  // How often tag() was asked for.
  [[nodiscard]] int tags() const { return tags_; }

 private:
  static digest::Hash128 hash(const domain::RequestBytes& request) {
    const std::string joined = std::string(request.scope) + std::string(request.body);
    return {.low = std::hash<std::string>{}(joined),
            .high = std::hash<std::string>{}(joined + "!")};
  }

  bool raw_keys_collide_;
  mutable std::atomic<int> tags_ = 0;
};

}  // namespace penstock::fakes
