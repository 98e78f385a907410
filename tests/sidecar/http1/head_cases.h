#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/result/result.h"

// Raw heads and the verdict a strict recipient must reach. The parser's own tests, the cut tests
// and the Beast oracle all walk these tables.
namespace penstock::http1::testing {

struct HeadCase {
  std::string name;
  std::string bytes;
  std::optional<ErrorCode> error;  // empty: complete and accepted
};

// Table in the spirit of Http11Probe's compliance, smuggling and malformed groups.
const std::vector<HeadCase>& request_cases();

// Every refusal is kUpstreamFailed.
const std::vector<HeadCase>& response_cases();

}  // namespace penstock::http1::testing
