#include "sidecar/dialect/request_keyer.h"

#include "sidecar/dialect/cacheability.h"
#include "sidecar/dialect/key_fields.h"
#include "sidecar/dialect/request_reader.h"

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
    return {.refused = fault, .canonical = {}, .facts = std::nullopt};
  }
  KeyedRequest keyed{
      .refused = std::nullopt, .canonical = {}, .facts = read_request(operation, tree_)};
  keyed.refused = refuses_caching(operation, tree_.root(), sampled);
  if (keyed.refused) {
    return keyed;
  }
  const bool one_input =
      operation == domain::Operation::kEmbeddings && may_be_one_input(tree_.root());
  if (one_input && embeddings_.read(body) && embeddings_.size() == 1) {
    if (const auto canonical = embeddings_.key_of(0)) {
      keyed.canonical = *canonical;
      return keyed;
    }
  }
  const domain::CanonicalForm::Result form = form_.write(tree_, excluded_fields(operation));
  if (form.ok) {
    keyed.canonical = form.bytes;
  } else {
    keyed.refused = form.reason;
  }
  return keyed;
}

}  // namespace penstock::dialect
