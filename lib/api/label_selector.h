#pragma once

#include <array>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "lib/api/enums.h"
#include "lib/api/formats.h"
#include "lib/json/field.h"

namespace penstock::api {

struct LabelExpression {
  std::string key;
  LabelOperator op = LabelOperator::kIn;
  std::vector<std::string> values;

  static constexpr auto fields() {
    using T = LabelExpression;
    return std::tuple{
        json::Field{
            "key",
            &T::key,
            {.about = "A label.", .required = true, .length_max = 317, .format = &kLabelKey}},
        json::Field{"operator", &T::op, {.about = "How it is compared.", .required = true}},
        json::Field{"values",
                    &T::values,
                    {.about = "For In and NotIn only.",
                     .length_min = 0,
                     .length_max = 63,
                     .format = &kLabelValue}}};
  }

  static constexpr auto constraints() {
    return std::array{json::Constraint{
        "self.operator in ['In', 'NotIn'] ? has(self.values) && size(self.values) > 0"
        " : !has(self.values) || size(self.values) == 0",
        "values must hold at least one value for In and NotIn, and be absent for Exists and "
        "DoesNotExist"}};
  }
};

// Which pods; stand-alone it selects nothing, but is required all the same.
struct LabelSelector {
  std::map<std::string, std::string> match_labels;
  std::vector<LabelExpression> match_expressions;

  static constexpr auto fields() {
    using T = LabelSelector;
    return std::tuple{json::Field{"matchLabels",
                                  &T::match_labels,
                                  {.about = "Labels that a pod must carry.",
                                   .length_min = 0,
                                   .length_max = 63,
                                   .format = &kLabelValue,
                                   .key_format = &kLabelKey}},
                      json::Field{"matchExpressions",
                                  &T::match_expressions,
                                  {.about = "Conditions on labels; all must hold."}}};
  }

  static constexpr auto constraints() {
    return std::array{json::Constraint{
        "has(self.matchLabels) && size(self.matchLabels) > 0"
        " || has(self.matchExpressions) && size(self.matchExpressions) > 0",
        "selector must hold matchLabels or matchExpressions: an empty one would take every pod of "
        "the namespace"}};
  }
};

}  // namespace penstock::api
