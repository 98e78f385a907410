#pragma once

#include "sidecar/http1/head.h"
#include "sidecar/request/flight.h"

namespace penstock::http {

// Copies a response head with the bytes that it views, which all stand in the one head that was
// parsed.
void copy_head(const http1::ResponseHead& from, request::SharedHead& to);

}  // namespace penstock::http
