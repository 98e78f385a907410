#pragma once

#include "sidecar/domain/cache_entry.h"
#include "sidecar/ports/cache_tier.h"
#include "sidecar/request/caller_context.h"
#include "sidecar/request/embedding_plan.h"
#include "sidecar/stages/tiers.h"

// What a cache knows of an embeddings batch, input by input.
namespace penstock::stages {

using Find = domain::EntryPtr (ports::CacheTier::*)(const digest::Hash128& key,
                                                    domain::Instant now);

// The entry of one input that the caller's cache control allows, or null.
[[nodiscard]] domain::EntryPtr find_input(const digest::Hash128& key, const Tiers& tiers, Find find,
                                          const request::CallerContext& caller);

// Looks for every input of `plan`, and counts nothing. False: the answer would be larger than a
// merged one may be, so what was found is forgotten. REQUIRES: nothing was found yet.
[[nodiscard]] bool look_up(request::EmbeddingPlan& plan, const Tiers& tiers,
                           const request::CallerContext& caller);

// The same once more by `find`, so that tiers count what was found and what was not, and evict by
// it: once it is certain that the answer makes use of it.
void count_look_up(const request::EmbeddingPlan& plan, const Tiers& tiers, Find find,
                   const request::CallerContext& caller);

// REQUIRES: nothing is missing.
void answer_from(const request::EmbeddingPlan& plan, request::CallerContext& caller);

}  // namespace penstock::stages
