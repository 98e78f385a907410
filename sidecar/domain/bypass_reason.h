#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace penstock::domain {

// Why a request passes without the cache looking at it. A closed set: each is one value of a metric
// label and of Cache-Status's `detail`. Penstock passes such a request on untouched; nothing here
// is an error.
enum class BypassReason : std::uint8_t {
  // The deployment
  kNoTenant,  // neither credential nor tenant header, and anonymous callers do not share
  // The message
  kNotModelCall,       // a path no dialect knows, or one that is opaque
  kUncachedOperation,  // a model call of a kind that is never cached (count_tokens)
  kUpgrade,            // it may become a tunnel, which nobody can share
  kEncodedBody,        // the request's content-encoding
  kBodyTooLarge,       // beyond what is collected
  kClientNoStore,
  // The body as JSON
  kUnparsable,
  kNotObject,
  kDuplicateKey,  // servers differ in which one they take
  kInvalidUtf8,
  kLoneSurrogate,
  kTooDeep,
  kTooComplex,  // more values than the parser keeps
  // What it asks for
  kSampled,      // the policy leaves sampled requests alone
  kStateful,     // the upstream keeps or continues something
  kHostedTool,   // the upstream looks at the world while it answers
  kRemoteMedia,  // content that stands elsewhere and may change
};
inline constexpr std::size_t kBypassReasons =
    static_cast<std::size_t>(BypassReason::kRemoteMedia) + 1;

// Lower snake case: "hosted_tool".
[[nodiscard]] std::string_view label(BypassReason reason);

}  // namespace penstock::domain
