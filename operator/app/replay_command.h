#pragma once

#include <string>
#include <vector>

namespace penstock::control {

// `penstock-operator replay`: makes each decision of these files (JSON lines) again, and prints
// what differs from what was decided then. The exit code: 0 when nothing does, 1 when something
// does or a line cannot be read.
int replay_decisions(const std::vector<std::string>& paths);

}  // namespace penstock::control
