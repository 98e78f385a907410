#pragma once

#include <string_view>

#include "sidecar/domain/endpoint.h"

namespace penstock::dialect {

// What a request asks for, from its method and path alone; allocates nothing.
//
// `path` may carry a query, which is ignored, a trailing slash, and any prefix that the client's
// base URL added: the last segments decide ("/openai/deployments/x/chat/completions" is a chat
// call). Only POST makes a model call; reading or deleting a stored response, or an OpenAI thread's
// messages, is kOther.
//
// `anthropic_version_header`: whether the request carries `anthropic-version`. It tells the two
// dialects apart where the path does not (/v1/models, files, unknown paths), so that errors of ours
// have the shape the client expects.
domain::Endpoint recognise(std::string_view method, std::string_view path,
                           bool anthropic_version_header);

}  // namespace penstock::dialect
