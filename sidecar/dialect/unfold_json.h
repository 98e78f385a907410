#pragma once

#include <span>
#include <string_view>

#include "sidecar/dialect/folded_object.h"
#include "sidecar/domain/json_tree.h"

// Reading a stored object that is to be told as a stream.
namespace penstock::dialect {

// Each member of the object, and of what is inside, has a rule that could have made it: with its
// name in the object, of its type, and once.
bool could_be_folded(const domain::JsonValue& object, std::span<const FoldRule> rules);

// The member as it is spelled; "null" where it is absent.
std::string_view raw_member(const domain::JsonValue& object, std::string_view key);

// The member is there, and not null.
bool has_member(const domain::JsonValue& object, std::string_view key);

}  // namespace penstock::dialect
