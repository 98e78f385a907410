#pragma once

#include <map>
#include <string>

#include "lib/api/label_selector.h"

namespace penstock::api {

using Labels = std::map<std::string, std::string>;

// As Kubernetes judges it: NotIn and DoesNotExist also hold where the label is absent. The
// admission policy's CEL says the same.
bool selects(const LabelSelector& selector, const Labels& labels);

// Whether some pod could be selected by both. False only where that is certain: the two ask for
// different values of one label.
bool may_overlap(const LabelSelector& a, const LabelSelector& b);

}  // namespace penstock::api
