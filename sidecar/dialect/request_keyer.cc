#include "sidecar/dialect/request_keyer.h"

#include "sidecar/dialect/cacheability.h"
#include "sidecar/dialect/key_fields.h"

namespace penstock::dialect {
namespace {

// A string, a list of one, or one list of token ids. Says nothing about what it cannot be.
bool may_be_one_input(const domain::JsonValue& request) {
  const auto input = request.find("input");
  bool one = input.has_value();
  if (one && input->is(domain::JsonType::kArray) && input->size() > 1) {
    input->each_element([&one](const domain::JsonValue& first) {
      one = first.is(domain::JsonType::kNumber);
      return false;
    });
  }
  return one;
}

}  // namespace

RequestKeyer::KeyedRequest RequestKeyer::key(domain::Operation operation, std::string_view body,
                                             resolve::SampledRequests sampled) {
  if (const auto fault = tree_.parse(body)) {
    return {.refused = fault, .canonical = {}};
  }
  if (const auto reason = refuses_caching(operation, tree_.root(), sampled)) {
    return {.refused = reason, .canonical = {}};
  }
  const bool one_input =
      operation == domain::Operation::kEmbeddings && may_be_one_input(tree_.root());
  if (one_input && embeddings_.read(body) && embeddings_.size() == 1) {
    if (const auto canonical = embeddings_.key_of(0)) {
      return {.refused = std::nullopt, .canonical = *canonical};
    }
  }
  const domain::CanonicalForm::Result form = form_.write(tree_, excluded_fields(operation));
  if (!form.ok) {
    return {.refused = form.reason, .canonical = {}};
  }
  return {.refused = std::nullopt, .canonical = form.bytes};
}

}  // namespace penstock::dialect
