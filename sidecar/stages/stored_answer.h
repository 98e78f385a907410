#pragma once

#include "lib/resolve/resolved_policy.h"
#include "sidecar/domain/cache_entry.h"
#include "sidecar/request/caller_context.h"

namespace penstock::stages {

// Answers `caller` from a stored entry, in the form that the caller wants: as it was stored, or
// folded, unfolded, without usage that it did not ask for. False: the entry cannot be told in that
// form, and the context is as it was. REQUIRES: entry != nullptr.
[[nodiscard]] bool answer_from(const domain::EntryPtr& entry, const resolve::Caching& settings,
                               request::CallerContext& caller);

}  // namespace penstock::stages
