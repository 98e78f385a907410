#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace penstock::crd {

struct Document {
  std::string file;  // "optimizationpolicies.yaml"
  std::string yaml;
};

// The CustomResourceDefinitions of penstock.dev, made from the field tables of lib/api. The folder
// crds/ holds the same text.
std::vector<Document> documents();

}  // namespace penstock::crd
