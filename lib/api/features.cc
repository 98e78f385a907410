#include "lib/api/features.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "lib/api/cache_tier.h"
#include "lib/api/optimization_policy.h"
#include "lib/api/routing_table.h"
#include "lib/json/schema.h"

namespace penstock::api {
namespace {

using json::FieldInfo;

std::vector<FieldInfo> fields_of(std::string_view kind) {
  if (kind == "OptimizationPolicy") {
    return json::describe<OptimizationPolicySpec>();
  }
  if (kind == "CacheTier") {
    return json::describe<CacheTierSpec>();
  }
  return kind == "RoutingTable" ? json::describe<RoutingTableSpec>() : std::vector<FieldInfo>();
}

const FieldInfo* find(const std::vector<FieldInfo>& fields, std::string_view name) {
  const auto found = std::ranges::find(fields, name, &FieldInfo::name);
  return found == fields.end() ? nullptr : &*found;
}

// The text up to `separator`; the rest stays in `text`.
std::string_view take(std::string_view& text, char separator) {
  const std::size_t end = std::min(text.find(separator), text.size());
  const std::string_view head = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return head;
}

}  // namespace

bool is_known_feature(std::string_view feature) {
  std::string_view choice = feature;
  std::string_view path = take(choice, '=');
  const std::vector<FieldInfo> root = fields_of(take(path, '.'));
  if (root.empty() || take(path, '.') != "spec") {
    return false;
  }
  const std::vector<FieldInfo>* fields = &root;
  const FieldInfo* field = nullptr;
  while (!path.empty()) {
    field = find(*fields, take(path, '.'));
    if (field == nullptr) {
      return false;
    }
    const bool is_list = field->kind == json::Kind::kList;
    fields = is_list ? &field->children.front().children : &field->children;
  }
  if (choice.empty()) {
    return true;
  }
  return field != nullptr && std::ranges::find(field->choices, choice) != field->choices.end();
}

}  // namespace penstock::api
