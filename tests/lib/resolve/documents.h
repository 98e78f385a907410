#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/api/resources.h"
#include "lib/resolve/resolve.h"

// Small documents for the tests of lib/resolve.
namespace penstock::resolve::testing {

inline std::string document(std::string_view kind, std::string_view name, std::string_view spec,
                            std::string_view ns = "default") {
  std::string text = "---\n{apiVersion: penstock.dev/v1alpha1, kind: ";
  text.append(kind).append(", metadata: {name: ").append(name).append(", namespace: ").append(ns);
  return text.append("},\n spec: ").append(spec).append("}\n");
}

inline std::string policy(std::string_view name, std::string_view rest = "") {
  return document("OptimizationPolicy", name,
                  "{selector: {matchLabels: {app: x}}" + std::string(rest) + "}");
}

inline std::string table(std::string_view name) {
  return document("RoutingTable", name,
                  "{backends: [{name: a, url: 'http://a:8000', dialect: OpenAI}]}");
}

inline api::Resources read(std::string_view text,
                           json::Strictness strictness = json::Strictness::kStrict) {
  api::Resources resources;
  resources.source = "dir";
  api::add_text(resources, "f.yaml", text, strictness);
  return resources;
}

inline std::vector<std::string> errors_of(const ResolveResult& result) {
  std::vector<std::string> errors;
  if (!result) {
    for (const api::ResourceError& error : result.error()) {
      errors.push_back(to_string(error));
    }
  }
  return errors;
}

}  // namespace penstock::resolve::testing
