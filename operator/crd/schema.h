#pragma once

#include "lib/json/schema.h"
#include "lib/json/text.h"

namespace penstock::crd {

// A structural OpenAPI v3 schema of one field: type, bounds, default, description, list markers and
// CEL rules. What it accepts, the C++ reader accepts too.
json::Value schema_of(const json::FieldInfo& field);

}  // namespace penstock::crd
