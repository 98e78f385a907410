#include "tests/sidecar/admin/openapi_document.h"

#include <cstddef>
#include <sstream>

namespace penstock::admin {
namespace {

bool has_type(const nlohmann::json& value, const std::string& type) {
  return (type == "object" && value.is_object()) || (type == "array" && value.is_array()) ||
         (type == "string" && value.is_string()) || (type == "boolean" && value.is_boolean()) ||
         (type == "integer" && value.is_number_integer()) ||
         (type == "number" && value.is_number());
}

}  // namespace

std::vector<std::pair<std::string, std::string>> OpenApiDocument::operations() const {
  std::vector<std::pair<std::string, std::string>> found;
  for (const auto& path : root_["paths"]) {
    for (const auto& method : path.second) {
      found.emplace_back(method.first.as<std::string>(), path.first.as<std::string>());
    }
  }
  return found;
}

YAML::Node OpenApiDocument::at(const std::string& method, const std::string& path) const {
  const YAML::Node paths = root_["paths"];
  const YAML::Node operations = paths[path];
  return operations ? operations[method] : YAML::Node(YAML::NodeType::Undefined);
}

bool OpenApiDocument::has_tag(const std::string& method, const std::string& path,
                              const std::string& tag) const {
  for (const auto& own : at(method, path)["tags"]) {
    if (own.as<std::string>() == tag) {
      return true;
    }
  }
  return false;
}

bool OpenApiDocument::needs_bearer(const std::string& method, const std::string& path) const {
  const YAML::Node operation = at(method, path);
  return operation["security"].IsDefined();
}

// Follows "#/components/schemas/X"; a node that is no reference stays what it is.
YAML::Node OpenApiDocument::resolved(const YAML::Node& node) const {
  if (!node.IsMap() || !node["$ref"]) {
    return node;
  }
  YAML::Node target;
  target.reset(root_);
  std::istringstream steps(node["$ref"].as<std::string>().substr(2));
  for (std::string step; std::getline(steps, step, '/');) {
    const YAML::Node next = target[step];
    target.reset(next);
  }
  return target;
}

std::vector<std::string> OpenApiDocument::check(const std::string& method, const std::string& path,
                                                int status, const std::string& content_type,
                                                const nlohmann::json& body) const {
  const YAML::Node operation = at(method, path);
  if (!operation || !operation["responses"][std::to_string(status)]) {
    return {method + " " + path + ": status " + std::to_string(status) + " is not described"};
  }
  const YAML::Node response = resolved(operation["responses"][std::to_string(status)]);
  const YAML::Node content = response["content"];
  const YAML::Node media = content[content_type.substr(0, content_type.find(';'))];
  if (!media) {
    return {method + " " + path + ": content type " + content_type + " is not described"};
  }
  std::vector<std::string> findings;
  check_value(media["schema"], body, "$", findings);
  return findings;
}

void OpenApiDocument::check_value(const YAML::Node& schema_or_reference,
                                  const nlohmann::json& value, const std::string& where,
                                  std::vector<std::string>& findings) const {
  const YAML::Node schema = resolved(schema_or_reference);
  const auto type = schema["type"].as<std::string>();
  if (!has_type(value, type)) {
    findings.push_back(where + ": not of type " + type);
    return;
  }
  if (const YAML::Node allowed = schema["enum"]) {
    bool known = false;
    for (const auto& word : allowed) {
      known = known || (value.is_string() && word.as<std::string>() == value.get<std::string>());
    }
    if (!known) {
      findings.push_back(where + ": " + value.dump() + " is not in the enum");
    }
  }
  if (type == "object") {
    check_object(schema, value, where, findings);
  } else if (type == "array") {
    for (std::size_t i = 0; i < value.size(); ++i) {
      check_value(schema["items"], value[i], where + "[" + std::to_string(i) + "]", findings);
    }
  }
}

void OpenApiDocument::check_object(const YAML::Node& schema, const nlohmann::json& value,
                                   const std::string& where,
                                   std::vector<std::string>& findings) const {
  for (const auto& name : schema["required"]) {
    if (!value.contains(name.as<std::string>())) {
      findings.push_back(where + ": lacks " + name.as<std::string>());
    }
  }
  const YAML::Node properties = schema["properties"];
  for (const auto& [name, member] : value.items()) {
    const YAML::Node declared = properties[name];
    if (!declared) {
      findings.push_back(where + "." + name + ": not declared");
    } else {
      check_value(declared, member, where + "." + name, findings);
    }
  }
}

}  // namespace penstock::admin
