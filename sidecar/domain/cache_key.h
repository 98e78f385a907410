#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "lib/digest/digest.h"
#include "sidecar/domain/request_traits.h"

namespace penstock::domain {

// A header whose value changes answers: anthropic-version, openai-organization, …
struct KeyHeader {
  std::string_view name;  // lower case
  std::string_view value;
};

// Everything beside the body that an answer depends on. Two requests share an answer only if these
// are equal byte for byte.
struct KeyScope {
  std::string_view tenant;   // whatever names the tenant; the same for all only where they share
  std::string_view target;   // path and query, as sent
  std::string_view backend;  // where the call goes and as which model
  std::span<const KeyHeader> headers;  // in an order that the policy fixes; absent ones left out

  // Appends the scope in a form that says where each part ends: no scope is the beginning of
  // another, so scope and body joined are unambiguous.
  void append_to(std::string& out) const;
};

// A request as the raw key sees it. The two parts are never joined, so a body is not copied.
struct RequestBytes {
  std::string_view scope;  // of KeyScope::append_to
  std::string_view body;
};

// The hashes that the cache needs. The implementation holds the process's seed and key
// (store/seeded_key_hasher.h); tests have one whose collisions they choose.
//
// Threads: safe.
class KeyHasher {
 public:
  KeyHasher() = default;
  virtual ~KeyHasher() = default;
  KeyHasher(const KeyHasher&) = delete;
  KeyHasher& operator=(const KeyHasher&) = delete;

  // Where to look first; fast, and not proof of anything.
  [[nodiscard]] virtual digest::Hash128 raw_key(const RequestBytes& request) const = 0;
  // Another hash of a body, under another secret: with raw_key() it tells bodies of any length
  // apart, as far as one process goes.
  [[nodiscard]] virtual digest::Hash128 tag(std::string_view body) const = 0;
  // Of the scope and the body's canonical form: what an entry is stored under. Nobody can make two
  // that meet.
  [[nodiscard]] virtual digest::Hash128 canonical_key(std::string_view scope,
                                                      std::string_view canonical) const = 0;
};

// What an alias keeps of a request in order to know it again: its scope byte for byte, so that no
// collision of hashes ever crosses a tenant; its body, up to kBytesMax for both, or the body's
// length and tag. A colliding raw key alone is therefore never a wrong answer.
class RequestProof {
 public:
  static constexpr std::size_t kBytesMax = 4096;

  RequestProof() = default;
  RequestProof(const RequestBytes& request, const KeyHasher& hasher);

  [[nodiscard]] bool proves(const RequestBytes& request, const KeyHasher& hasher) const;

  // Heap memory it holds.
  [[nodiscard]] std::size_t heap_bytes() const;
  // Where most of that is.
  [[nodiscard]] std::string_view memory() const { return bytes_; }

 private:
  std::uint64_t scope_size_ = 0;
  std::uint64_t body_size_ = 0;
  std::string bytes_;    // the scope, and the body where the tag does not stand for it
  digest::Hash128 tag_;  // of a body that is not in `bytes_`
};

// What an alias keeps of a request: what proves that another one is the same, and what its body
// said.
struct KnownRequest {
  RequestProof proof;
  RequestTraits traits;

  // Heap memory it holds.
  [[nodiscard]] std::size_t heap_bytes() const;
};

}  // namespace penstock::domain
