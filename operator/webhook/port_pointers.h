#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/json/text.h"
#include "operator/webhook/patch.h"

namespace penstock::webhook {

// Whether an element of a container's `ports` is this one. A number is one port for each protocol;
// HTTP is the one of TCP.
[[nodiscard]] bool is_tcp_port(const json::Value& declared, std::int64_t port);

// What a container calls a port; an empty string for one without a name.
[[nodiscard]] std::vector<std::string> names_of_port(const json::Value& container,
                                                     std::int64_t port);

// Leads the probes and hooks of the container at the path `at` that point to `from`, by its number
// or a name, to `to`.
void move_pointers(const json::Value& container, const std::string& at, std::uint16_t from,
                   std::uint16_t to, Patch& patch);

}  // namespace penstock::webhook
