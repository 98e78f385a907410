#pragma once

#include <string>

namespace penstock::domain {

// What a request's body says about the form its answer is to have, and about who is asked. It
// travels with a cached answer's aliases, so that a request known by its bytes need not be read
// again.
struct RequestTraits {
  std::string model;         // as the client spells it; empty: not said
  bool stream = false;       // the answer is to be an event stream …
  bool wants_usage = false;  // … that ends with its usage (OpenAI)
};

}  // namespace penstock::domain
