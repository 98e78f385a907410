#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sidecar/domain/canonical_form.h"
#include "sidecar/domain/json_tree.h"

// Embedding calls element by element: a batch is as many cacheable answers as it has inputs.
//
//   request.read(body) -> a key for each element -> ask upstream for the missing ones
//   (body_with) -> split its answer (read_embeddings_answer) -> store each -> merge in order.
namespace penstock::dialect {

// Threads: not safe; one per call, or one per worker reused. `body` must outlive what is read from
// it.
class EmbeddingsRequest {
 public:
  static constexpr std::size_t kElementsMax = 2048;  // what OpenAI takes in one call

  // Reads a request that RequestKeyer did not refuse. Returns false where it has no elements to
  // tell apart: no input, an empty or mixed list, values of other types, more than kElementsMax.
  // Such a call is cached whole, or not at all.
  bool read(std::string_view body);

  // A string, or a list of token ids, is one element; a list of either is as many as it holds.
  [[nodiscard]] std::size_t size() const { return elements_.size(); }
  [[nodiscard]] std::string_view element(std::size_t i) const { return elements_[i].raw(); }

  // What an element's key is made of beside the scope: the request without its inputs, then the
  // element, in canonical form. A string alone and in a list have one key, for they have one
  // answer. Valid until the next call. Nullopt: a duplicate key within, which a kept request cannot
  // have.
  std::optional<std::string_view> key_of(std::size_t i);

  // The body with only these elements, in this order; every byte outside the list as it was.
  // REQUIRES: 0 < wanted.size(), each below size().
  [[nodiscard]] std::string body_with(std::span<const std::size_t> wanted) const;

  // Divides the tokens that a call for `wanted` cost among them: by token ids where inputs are
  // lists of ids, else by estimate_tokens(). The shares add up to `tokens`.
  [[nodiscard]] std::vector<std::int64_t> shares(std::int64_t tokens,
                                                 std::span<const std::size_t> wanted) const;

 private:
  [[nodiscard]] std::int64_t weight(std::size_t i) const;

  std::string_view body_;
  domain::JsonTree tree_;
  domain::CanonicalForm form_;
  std::vector<domain::JsonValue> elements_;
  std::size_t input_begin_ = 0;  // where the input stands in the body
  std::size_t input_end_ = 0;
  std::string key_;
  std::size_t common_ = 0;  // bytes of key_ that all elements share
};

// An answer of an embeddings call, taken apart in place.
struct EmbeddingsAnswer {
  std::vector<std::string_view> elements;  // objects of `data`, by their index; as spelled
  std::string_view before;                 // of the body: up to and with the list's bracket
  std::string_view after;                  // from the closing bracket on, with model and usage
  std::string model;
  std::int64_t tokens = 0;  // usage.total_tokens; 0 where the upstream says nothing
};

// Nullopt unless the answer holds exactly `expected` elements with the indexes 0 … expected-1 once
// each. The views are into `body`.
std::optional<EmbeddingsAnswer> read_embeddings_answer(std::string_view body, std::size_t expected);

// `paid` with these elements in place of its own, each with its place in the list as its index.
// Usage is what the upstream reported for what it was asked.
std::string merge_embeddings(const EmbeddingsAnswer& paid,
                             std::span<const std::string_view> elements);

// An answer of cached elements only, in OpenAI's shape; nothing was paid, so its usage is zero.
std::string embeddings_from_cache(std::string_view model,
                                  std::span<const std::string_view> elements);

}  // namespace penstock::dialect
