#include "sidecar/request/embedding_plan.h"

#include <numeric>

#include "sidecar/dialect/embeddings.h"

namespace penstock::request {

void EmbeddingPlan::forget_found() {
  found.assign(keys.size(), nullptr);
  elements.assign(keys.size(), {});
  missing.resize(keys.size());
  std::iota(missing.begin(), missing.end(), std::size_t{0});
  saved_tokens = 0;
  saved_cost = 0;
}

std::size_t EmbeddingPlan::found_bytes() const {
  std::size_t bytes = 0;
  for (const std::string_view element : elements) {
    bytes += element.size();
  }
  return bytes;
}

std::optional<std::string> merged_answer(const EmbeddingPlan& plan, std::string_view paid) {
  const auto answer = dialect::read_embeddings_answer(paid, plan.missing.size());
  if (!answer) {
    return std::nullopt;
  }
  std::vector<std::string_view> elements = plan.elements;
  for (std::size_t i = 0; i < plan.missing.size(); ++i) {
    elements[plan.missing[i]] = answer->elements[i];
  }
  return dialect::merge_embeddings(*answer, elements);
}

}  // namespace penstock::request
