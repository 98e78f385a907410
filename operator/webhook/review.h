#pragma once

#include <functional>
#include <string>
#include <vector>

#include "lib/api/injection_status.h"
#include "lib/json/text.h"
#include "lib/result/result.h"

namespace penstock::webhook {

// The injections of a namespace's policies, in the order in which they are tried.
using InjectionsOf = std::function<std::vector<api::InjectionStatus>(const std::string& ns)>;

// Answers an AdmissionReview (admission.k8s.io/v1) of a new pod: always allowed, patched by the
// first injection that concerns it. Whether a pod may come up without its sidecar is not decided
// here. An error: `body` is no such review.
Result<std::string> answer_review(const std::string& body, const InjectionsOf& injections_of);

}  // namespace penstock::webhook
