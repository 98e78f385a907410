// The canonical form against simdjson: both take the same documents, white space never matters, and
// no input is read out of bounds.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include <simdjson.h>

#include "sidecar/dialect/request_keyer.h"
#include "sidecar/domain/canonical_form.h"

namespace {

using penstock::domain::BypassReason;
using penstock::domain::CanonicalForm;
using penstock::domain::JsonTree;

void require(bool ok, const char* what) {
  if (!ok) {
    std::fprintf(stderr, "%s\n", what);
    std::abort();
  }
}

// Documents that simdjson refuses though they are JSON: numbers beyond its types.
bool refused_for_a_number(simdjson::error_code error) {
  return error == simdjson::NUMBER_ERROR;
}

void compare_verdicts(std::string_view body, std::optional<BypassReason> fault) {
  simdjson::dom::parser parser;
  const simdjson::padded_string padded(body);
  const simdjson::error_code error = parser.parse(padded).error();
  if (!fault) {
    require(error == simdjson::SUCCESS || refused_for_a_number(error),
            "taken, but simdjson refuses it");
  }
  if (fault == BypassReason::kUnparsable) {
    require(error != simdjson::SUCCESS, "refused as unparsable, but simdjson takes it");
  }
  if (fault == BypassReason::kInvalidUtf8) {
    require(error != simdjson::SUCCESS, "refused for its encoding, but simdjson takes it");
  }
}

void compare_minified(std::string_view body, std::string_view canonical) {
  std::string minified(body.size(), '\0');
  std::size_t size = 0;
  require(simdjson::minify(body.data(), body.size(), minified.data(), size) == simdjson::SUCCESS,
          "taken, but simdjson cannot minify it");
  minified.resize(size);
  CanonicalForm form;
  const auto again = form.write(minified, &penstock::domain::excludes_nothing);
  require(again.ok && again.bytes == canonical, "white space changes the form");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A copy of its own size, so that a read beyond the end is seen.
  const std::string body(reinterpret_cast<const char*>(data), size);
  JsonTree tree;
  const auto fault = tree.parse(body);
  if (size > 0) {
    compare_verdicts(body, fault);
  }
  CanonicalForm form;
  const auto result = form.write(body, &penstock::domain::excludes_nothing);
  require(!fault || !result.ok, "no document, but a form");
  if (result.ok) {
    compare_minified(body, result.bytes);
  }
  penstock::dialect::RequestKeyer keyer;
  for (const auto operation :
       {penstock::domain::Operation::kChat, penstock::domain::Operation::kMessages,
        penstock::domain::Operation::kResponses}) {
    const auto keyed = keyer.key(operation, body, penstock::resolve::SampledRequests::kBypass);
    require(keyed.refused || result.ok, "a key, but no form");
  }
  return 0;
}
