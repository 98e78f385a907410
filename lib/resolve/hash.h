#pragma once

#include <string>
#include <vector>

namespace penstock::resolve {

// 128 bits of XXH3 over the documents, in whatever order they come, as 32 hex digits. It tells
// versions of a policy apart; it does not authenticate them.
std::string content_hash(std::vector<std::string> documents);

}  // namespace penstock::resolve
