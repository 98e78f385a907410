#pragma once

#include "lib/json/text.h"

namespace penstock::webhook {

// Whether a pod's `spec` says what all its containers may take together.
bool has_resources_as_a_whole(const json::Value& spec);

// Whether the pod is of class Guaranteed by its containers: each, also of those that run before the
// others, has limits on CPU and memory, and asks for as much.
// The admission policy (charts/penstock/templates/inject.yaml) does the same, case for case.
bool is_guaranteed(const json::Value& spec);

}  // namespace penstock::webhook
