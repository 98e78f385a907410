#include "lib/api/selects.h"

#include <algorithm>
#include <string_view>

namespace penstock::api {
namespace {

bool holds(const LabelExpression& expression, const Labels& labels) {
  const auto found = labels.find(expression.key);
  const bool present = found != labels.end();
  const bool listed =
      present && std::ranges::find(expression.values, found->second) != expression.values.end();
  switch (expression.op) {
    case LabelOperator::kIn: return listed;
    case LabelOperator::kNotIn: return !listed;
    case LabelOperator::kExists: return present;
    case LabelOperator::kDoesNotExist: break;
  }
  return !present;
}

// Whether `selector` can take a pod whose label `key` is `value`.
bool may_take(const LabelSelector& selector, const std::string& key, const std::string& value) {
  const auto label = selector.match_labels.find(key);
  if (label != selector.match_labels.end() && label->second != value) {
    return false;
  }
  return std::ranges::all_of(selector.match_expressions, [&](const LabelExpression& expression) {
    return expression.key != key || holds(expression, {{key, value}});
  });
}

bool certainly_apart(const LabelSelector& a, const LabelSelector& b) {
  for (const auto& [key, value] : a.match_labels) {
    if (!may_take(b, key, value)) {
      return true;
    }
  }
  return std::ranges::any_of(a.match_expressions, [&b](const LabelExpression& expression) {
    return expression.op == LabelOperator::kIn &&
           std::ranges::none_of(expression.values, [&](const std::string& value) {
             return may_take(b, expression.key, value);
           });
  });
}

}  // namespace

bool selects(const LabelSelector& selector, const Labels& labels) {
  const bool labels_match = std::ranges::all_of(selector.match_labels, [&](const auto& wanted) {
    const auto found = labels.find(wanted.first);
    return found != labels.end() && found->second == wanted.second;
  });
  return labels_match &&
         std::ranges::all_of(selector.match_expressions, [&](const LabelExpression& expression) {
           return holds(expression, labels);
         });
}

bool may_overlap(const LabelSelector& a, const LabelSelector& b) {
  return !certainly_apart(a, b) && !certainly_apart(b, a);
}

}  // namespace penstock::api
