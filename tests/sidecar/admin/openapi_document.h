#pragma once

#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>
#include <yaml-cpp/yaml.h>

namespace penstock::admin {

// The part of OpenAPI that docs/reference/admin-openapi.yaml uses: paths, responses by status, and
// schemas made of $ref, type, required, properties, items and enum. Stricter than the standard:
// what is not declared is wrong.
class OpenApiDocument {
 public:
  explicit OpenApiDocument(const std::string& file) : root_(YAML::LoadFile(file)) {}
  explicit OpenApiDocument(YAML::Node root) : root_(std::move(root)) {}

  // ("get", "/healthz") for everything described.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> operations() const;
  [[nodiscard]] bool has_tag(const std::string& method, const std::string& path,
                             const std::string& tag) const;
  [[nodiscard]] bool needs_bearer(const std::string& method, const std::string& path) const;

  // What is wrong with a body that was answered; empty: nothing. Bodies of other types than JSON
  // pass as a string.
  [[nodiscard]] std::vector<std::string> check(const std::string& method, const std::string& path,
                                               int status, const std::string& content_type,
                                               const nlohmann::json& body) const;

 private:
  [[nodiscard]] YAML::Node at(const std::string& method, const std::string& path) const;
  [[nodiscard]] YAML::Node resolved(const YAML::Node& node) const;
  void check_value(const YAML::Node& schema, const nlohmann::json& value, const std::string& where,
                   std::vector<std::string>& findings) const;
  void check_object(const YAML::Node& schema, const nlohmann::json& value, const std::string& where,
                    std::vector<std::string>& findings) const;

  YAML::Node root_;
};

}  // namespace penstock::admin
