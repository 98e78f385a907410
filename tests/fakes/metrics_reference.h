#pragma once

#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <string_view>

namespace penstock::fakes {

// The metrics that docs/reference/metrics.md lists in the tables below the heading `of`.
inline std::set<std::string> documented_metrics(const std::string& of) {
  std::set<std::string> documented;
  std::ifstream document("docs/reference/metrics.md");
  bool is_below = false;
  for (std::string line; std::getline(document, line);) {
    if (line.starts_with("## ")) {
      is_below = line == "## " + of;
    }
    if (!is_below || !line.starts_with("| `")) {
      continue;
    }
    std::istringstream names(line.substr(2, line.find(" |", 2) - 2));
    for (std::string name; std::getline(names, name, '`');) {
      if (!name.empty() && name != ", ") {
        documented.insert(name);
      }
    }
  }
  return documented;
}

// Those that a scrape shows.
inline std::set<std::string> metrics_of(const std::string& scrape) {
  std::set<std::string> exposed;
  std::istringstream text(scrape);
  for (std::string line; std::getline(text, line);) {
    constexpr std::string_view kType = "# TYPE ";
    if (line.starts_with(kType)) {
      exposed.insert(line.substr(kType.size(), line.find(' ', kType.size()) - kType.size()));
    }
  }
  return exposed;
}

}  // namespace penstock::fakes
