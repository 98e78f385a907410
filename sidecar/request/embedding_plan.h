#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/digest/digest.h"
#include "sidecar/domain/cache_entry.h"

namespace penstock::request {

// Which inputs of an embeddings batch are in the cache, and which are asked for upstream. Each
// input is an entry of its own: the answer to a call for it alone, in wire form.
//
// Threads: any, once the caller's stages have run: nothing changes it any more.
struct EmbeddingPlan {
  // What a merged answer may take. Above it a batch is asked for whole, and streams through.
  static constexpr std::size_t kAnswerBytesMax = 64UL << 20;

  std::vector<digest::Hash128> keys;  // of each input, in the client's order

  // By input; empty where it is missing. Each element views into the entry beside it.
  std::vector<domain::EntryPtr> found;
  std::vector<std::string_view> elements;

  std::vector<std::size_t> missing;  // the inputs that are asked for, in their order

  // What the found ones saved: shares of what their calls cost, so estimates.
  std::int64_t saved_tokens = 0;
  std::int64_t saved_cost = 0;  // picodollars; 0 where no price is known

  [[nodiscard]] bool partial() const { return !missing.empty() && missing.size() < keys.size(); }

  // Of the elements that were found.
  [[nodiscard]] std::size_t found_bytes() const;

  // Asks for every input, whatever was found.
  void forget_found();
};

// The answer to the whole batch, from the upstream's answer to the missing inputs. Nullopt where
// that does not hold exactly what was asked for.
[[nodiscard]] std::optional<std::string> merged_answer(const EmbeddingPlan& plan,
                                                       std::string_view paid);

}  // namespace penstock::request
