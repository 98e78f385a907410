#pragma once

#include <string>

#include "operator/simulate/simulation.h"

namespace penstock::simulate {

// A run as one page of HTML without anything from elsewhere: three strips of SVG under one time
// axis, load and what was forecast of it above, replicas (asked for and serving) in the middle,
// missed promises and queues below. `title` is shown as it is, escaped.
std::string picture_html(const std::string& title, const Outcome& run);

}  // namespace penstock::simulate
