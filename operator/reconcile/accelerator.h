#pragma once

#include <map>
#include <string>

namespace penstock::reconcile {

// Which accelerator a node has, by its labels: what device plugins and node pools of the providers
// say, the most exact first. Empty: none of them says, or it has none.
std::string accelerator_of(const std::map<std::string, std::string>& node_labels);

}  // namespace penstock::reconcile
