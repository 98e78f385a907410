#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/api/cache_tier.h"
#include "lib/api/optimization_policy.h"
#include "lib/api/policy_binding.h"
#include "lib/api/routing_table.h"
#include "lib/json/lines.h"
#include "lib/json/strictness.h"

// A set of documents, parsed and checked one by one. References between them are followed by
// resolve::resolve(). Values; no I/O (files: lib/resources).
namespace penstock::api {

inline constexpr std::string_view kApiVersion = "penstock.dev/v1alpha1";
inline constexpr std::string_view kDefaultNamespace = "default";

struct ObjectName {
  std::string ns;
  std::string name;
  auto operator<=>(const ObjectName&) const = default;
};

std::string to_string(const ObjectName& name);  // "namespace/name"

// "namespace/name", or "name" in the namespace "default".
std::optional<ObjectName> parse_object_name(std::string_view text);

// What is wrong, and where. The message completes the path and says what would be right.
struct ResourceError {
  std::string document;  // "policies/chat.yaml:12 OptimizationPolicy default/chat", or less
  std::string path;      // "spec.caching.tiers[0].ref"; empty: the document as a whole
  std::string message;
  bool operator==(const ResourceError&) const = default;
};

std::string to_string(const ResourceError& error);  // "document: path message"

// Where a document came from; makes errors about it.
struct Origin {
  std::string file;
  std::string kind;
  ObjectName name;
  json::Lines lines;

  ResourceError error(std::string path, std::string message) const;
};

template <class SpecType>
struct Object {
  using Spec = SpecType;
  Origin origin;
  Spec spec;
  std::string canonical;  // kind, name and spec as written, in one spelling: what a hash is over
};

struct Resources {
  std::string source;          // what was read, for messages; may be empty
  bool nothing_found = false;  // it is a folder without any resource file; also an error
  std::vector<Object<OptimizationPolicySpec>> policies;
  std::vector<Object<CacheTierSpec>> tiers;
  std::vector<Object<RoutingTableSpec>> tables;
  std::vector<Object<PolicyBindingSpec>> bindings;
  std::vector<ResourceError> errors;
  std::vector<ResourceError> ignored;  // tolerant reading only: unknown fields and kinds
};

// Parses `text` (JSON where `file` ends in ".json", else YAML) and adds its documents. Every error
// of every document goes to `into.errors`; a document with errors is added all the same where its
// name could be read, so that references to it do not break too.
void add_text(Resources& into, const std::string& file, std::string_view text,
              json::Strictness strictness);

}  // namespace penstock::api
