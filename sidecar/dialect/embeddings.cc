#include "sidecar/dialect/embeddings.h"

#include <algorithm>

#include "sidecar/dialect/key_fields.h"
#include "sidecar/dialect/usage_estimate.h"

namespace penstock::dialect {
namespace {

using domain::JsonType;
using domain::JsonValue;

bool is_token_list(const JsonValue& value) {
  return value.is(JsonType::kArray) && value.size() > 0 &&
         value.each_element([](const JsonValue& token) { return token.is(JsonType::kNumber); });
}

// The inputs of a request, or none where they cannot be told apart.
std::vector<JsonValue> elements_of(const JsonValue& input) {
  if (input.is(JsonType::kString) || is_token_list(input)) {
    return {input};
  }
  std::vector<JsonValue> elements;
  if (input.size() > EmbeddingsRequest::kElementsMax) {
    return elements;
  }
  bool strings = true;
  bool lists = true;
  input.each_element([&](const JsonValue& element) {
    strings = strings && element.is(JsonType::kString);
    lists = lists && is_token_list(element);
    elements.push_back(element);
    return strings || lists;
  });
  if (!strings && !lists) {
    elements.clear();
  }
  return elements;
}

}  // namespace

bool EmbeddingsRequest::read(std::string_view body) {
  body_ = body;
  elements_.clear();
  key_.clear();
  common_ = 0;
  if (tree_.parse(body)) {
    return false;
  }
  const auto input = tree_.root().find("input");
  if (!input) {
    return false;
  }
  input_begin_ = input->offset();
  input_end_ = input_begin_ + input->raw().size();
  const auto common = form_.write(tree_, [](std::string_view name) {
    return name == "input" || key_fields::kOpenAiEmbeddings.contains(name);
  });
  if (!common.ok) {
    return false;
  }
  key_ = common.bytes;
  common_ = key_.size();
  elements_ = elements_of(*input);
  return !elements_.empty();
}

std::optional<std::string_view> EmbeddingsRequest::key_of(std::size_t i) {
  const auto element = form_.write_value(elements_[i]);
  if (!element.ok) {
    return std::nullopt;
  }
  key_.resize(common_);
  key_.append(element.bytes);
  return key_;
}

std::string EmbeddingsRequest::body_with(std::span<const std::size_t> wanted) const {
  std::string out;
  out.reserve(body_.size());
  out.append(body_.substr(0, input_begin_));
  // The one element of a request that is no list stands for itself.
  const bool listed = elements_[0].offset() != input_begin_;
  out.append(listed ? "[" : "");
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    out.append(i == 0 ? "" : ",").append(elements_[wanted[i]].raw());
  }
  out.append(listed ? "]" : "");
  out.append(body_.substr(input_end_));
  return out;
}

std::int64_t EmbeddingsRequest::weight(std::size_t i) const {
  const JsonValue& element = elements_[i];
  return element.is(JsonType::kArray) ? static_cast<std::int64_t>(element.size())
                                      : std::max<std::int64_t>(estimate_tokens(element.text()), 1);
}

std::vector<std::int64_t> EmbeddingsRequest::shares(std::int64_t tokens,
                                                    std::span<const std::size_t> wanted) const {
  std::vector<std::int64_t> shares;
  std::int64_t weight_left = 0;
  for (const std::size_t i : wanted) {
    weight_left += weight(i);
  }
  // Each takes its part of what is left, so rounding never loses a token. As doubles: a product of
  // two counts may exceed 64 bits, and the last one takes the rest whatever was rounded before.
  std::int64_t tokens_left = std::max<std::int64_t>(tokens, 0);
  for (const std::size_t i : wanted) {
    const std::int64_t own = weight(i);
    const double part = static_cast<double>(own) / static_cast<double>(weight_left);
    const auto share =
        own == weight_left
            ? tokens_left
            : std::min(tokens_left,
                       static_cast<std::int64_t>(part * static_cast<double>(tokens_left)));
    shares.push_back(share);
    tokens_left -= share;
    weight_left -= own;
  }
  return shares;
}

}  // namespace penstock::dialect
