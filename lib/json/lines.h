#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace penstock::json {

// The line on which each value of a document stands, in the shape of the document. Lines count
// from 1; 0 is unknown.
struct Lines {
  int line = 0;
  std::map<std::string, Lines, std::less<>> members;
  std::vector<Lines> elements;

  // The line of "spec.routes[2].match[x-team]", or of the nearest value around it that exists.
  int find(std::string_view path) const;
};

// Appends a member to a path: ".name", or "[name]" where the name holds other characters than
// letters, digits, '_' and '-'. Long names are cut, control characters replaced.
void append_member(std::string& path, std::string_view name);

}  // namespace penstock::json
