#include "sidecar/dialect/request_keyer.h"

#include "sidecar/dialect/cacheability.h"
#include "sidecar/dialect/key_fields.h"

namespace penstock::dialect {

RequestKeyer::KeyedRequest RequestKeyer::key(domain::Operation operation, std::string_view body,
                                             resolve::SampledRequests sampled) {
  if (const auto fault = tree_.parse(body)) {
    return {.refused = fault, .canonical = {}};
  }
  if (const auto reason = refuses_caching(operation, tree_.root(), sampled)) {
    return {.refused = reason, .canonical = {}};
  }
  const domain::CanonicalForm::Result form = form_.write(tree_, excluded_fields(operation));
  if (!form.ok) {
    return {.refused = form.reason, .canonical = {}};
  }
  return {.refused = std::nullopt, .canonical = form.bytes};
}

}  // namespace penstock::dialect
