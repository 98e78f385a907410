#include "sidecar/domain/cache_key.h"

#include <array>
#include <cstddef>

namespace penstock::domain {
namespace {

// Counts changes of the key's layout, so that keys which outlive a process never meet older ones.
constexpr char kLayout = 1;

void append_part(std::string& out, std::string_view part) {
  std::array<char, 8> size{};
  for (std::size_t i = 0; i < size.size(); ++i) {
    size[i] = static_cast<char>(part.size() >> (8 * i));
  }
  out.append(size.data(), size.size());
  out.append(part);
}

std::size_t heap_bytes_of(const std::string& text) {
  constexpr std::size_t kInPlace = 15;  // libstdc++ keeps this much inside the object
  return text.capacity() <= kInPlace ? 0 : text.capacity() + 1;
}

bool fits(const RequestBytes& request) {
  return request.scope.size() + request.body.size() <= RequestProof::kBytesMax;
}

}  // namespace

void KeyScope::append_to(std::string& out) const {
  out.push_back(kLayout);
  append_part(out, tenant);
  append_part(out, target);
  append_part(out, backend);
  for (const KeyHeader& header : headers) {
    out.push_back(1);  // one more header
    append_part(out, header.name);
    append_part(out, header.value);
  }
  out.push_back(0);
}

RequestProof::RequestProof(const RequestBytes& request, const KeyHasher& hasher)
    : scope_size_(request.scope.size()), body_size_(request.body.size()) {
  if (fits(request)) {
    bytes_.reserve(request.scope.size() + request.body.size());
    bytes_.append(request.scope).append(request.body);
  } else {
    bytes_.assign(request.scope);
    tag_ = hasher.tag(request.body);
  }
}

bool RequestProof::proves(const RequestBytes& request, const KeyHasher& hasher) const {
  const std::string_view kept = bytes_;
  if (request.body.size() != body_size_ || request.scope != kept.substr(0, scope_size_)) {
    return false;
  }
  return fits(request) ? request.body == kept.substr(scope_size_)
                       : hasher.tag(request.body) == tag_;
}

std::size_t RequestProof::heap_bytes() const {
  return heap_bytes_of(bytes_);
}

std::size_t KnownRequest::heap_bytes() const {
  return proof.heap_bytes() + heap_bytes_of(traits.model);
}

}  // namespace penstock::domain
