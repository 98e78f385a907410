#include "operator/simulate/policy_file.h"

#include <string>
#include <tuple>

#include "lib/json/read.h"

namespace penstock::simulate {
namespace {

struct PolicyFile : autoscale::Settings {
  autoscale::ScalerSettings rest;
  int percentile = rest.percentile;
  autoscale::Load capacity;
  autoscale::milliseconds panic_window = rest.panic_window;

  static constexpr auto fields() {
    using T = PolicyFile;
    return std::tuple_cat(
        autoscale::Settings::fields(),
        std::tuple{json::Field{"percentile", &T::percentile, {.min = 50, .max = 99}},
                   json::Field{"capacity", &T::capacity},
                   json::Field{"panicWindow", &T::panic_window, {.min = 1'000}}});
  }
};

}  // namespace

Result<autoscale::ScalerSettings> read_policy_file(std::string_view text) {
  const json::Text parsed = json::parse_yaml(text);
  if (!parsed.errors.empty()) {
    const json::SyntaxError& error = parsed.errors.front();
    return fail(ErrorCode::kInvalidConfig,
                "line " + std::to_string(error.line) + ": " + error.message);
  }
  if (parsed.documents.size() != 1) {
    return fail(ErrorCode::kInvalidConfig, "must hold one document");
  }
  PolicyFile file;
  json::Reader reader(json::Strictness::kStrict);
  json::read(reader, parsed.documents.front().value, file);
  if (!reader.errors().empty()) {
    std::string detail;
    for (const json::FieldError& error : reader.errors()) {
      detail.append(detail.empty() ? "" : "; ").append(error.path + " " + error.message);
    }
    return fail(ErrorCode::kInvalidConfig, std::move(detail));
  }
  return autoscale::ScalerSettings{.decisions = file,
                                   .percentile = file.percentile,
                                   .configured = file.capacity,
                                   .panic_window = file.panic_window};
}

}  // namespace penstock::simulate
