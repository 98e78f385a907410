#pragma once

#include "sidecar/http1/head.h"
#include "sidecar/request/flight.h"

namespace penstock::http {

// Copies a response head into a text of its own: the head as it came, parsed again over bytes that
// stay. False: it cannot be read back.
[[nodiscard]] bool copy_head(const http1::ResponseHead& from, request::SharedHead& to);

}  // namespace penstock::http
