#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "sidecar/domain/bypass_reason.h"
#include "sidecar/domain/byte_sink.h"
#include "sidecar/domain/json_tree.h"

namespace penstock::domain {

// Tells the members of an outermost object that a form leaves out.
using IsExcluded = bool (*)(std::string_view name);
inline bool excludes_nothing(std::string_view /*name*/) {
  return false;
}

// Writes a JSON object so that requests that mean the same come out as the same bytes.
//
// Does not matter: the order of members, white space, how a number is spelled (canonical_number.h),
// whether a character is escaped. Everything else does, unknown members too; text is neither
// trimmed nor folded, arrays keep their order.
//
// The bytes are read by nobody but a hash: a type byte, then a length (32 bits, little-endian:
// bytes of a string or number, members, elements), then the contents; members sorted by the bytes
// of their unescaped keys. Every value says where it ends, so two different objects never meet.
//
// Threads: not safe; one per worker, reused.
class CanonicalForm {
 public:
  struct Result {
    bool ok = false;
    BypassReason reason = BypassReason::kUnparsable;  // where not ok
    std::string_view bytes;                           // until the next call
  };

  // `is_excluded`: members of the outermost object that are left out. A duplicate key is refused at
  // any depth, among the excluded members too.
  Result write(std::string_view body, IsExcluded is_excluded);

  // The same for a document that was read already. REQUIRES: tree.parse() succeeded.
  Result write(const JsonTree& tree, IsExcluded is_excluded);

  // The form of one value within a document, by itself.
  Result write_value(JsonValue value);

 private:
  struct Member {
    std::uint64_t prefix;  // the key's first bytes as a number: most comparisons need no more
    std::uint32_t key;     // JsonValue::index()
    bool excluded;
  };

  void reset();
  Result finish(bool ok) const;
  // Both return false on a duplicate key within.
  bool append(JsonValue value);
  bool append_object(JsonValue object, IsExcluded is_excluded);

  JsonTree tree_;
  ByteSink out_;
  std::vector<Member> members_;  // a stack: the members of the objects being written
};

}  // namespace penstock::domain
