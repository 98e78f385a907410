#pragma once

#include <string>
#include <string_view>

#include "deploy/demo/model/draft.h"

namespace penstock::demo::model {

// Members that no SDK knows, with numbers and text that a careless re-serialisation would change.
inline constexpr std::string_view kUnknownMembers =
    R"("x_simulated":{"big":12345678901234567890,"exp":1.50e+2,"escaped":"\u00e9\/","order":{"z":1,"a":2}})";

// The "usage" object of chat, completions and embeddings.
void append_openai_usage(const Usage& usage, std::string& out);

// The "service_tier" value, quoted.
[[nodiscard]] std::string openai_tier(const Simulation& simulation);

}  // namespace penstock::demo::model
