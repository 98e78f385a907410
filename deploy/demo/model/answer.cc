#include "deploy/demo/model/answer.h"

#include <array>

#include "deploy/demo/model/text.h"

namespace penstock::demo::model {
namespace {

struct Route {
  std::string_view path;
  Operation operation;
  std::string_view label;
  bool prefix = false;  // everything below the path as well
};

// The first that fits counts.
constexpr std::array kRoutes = {
    Route{"/v1/chat/completions", Operation::kChat, "chat"},
    Route{"/v1/completions", Operation::kCompletions, "completions"},
    Route{"/v1/responses", Operation::kResponses, "responses"},
    Route{"/v1/embeddings", Operation::kEmbeddings, "embeddings"},
    Route{"/v1/moderations", Operation::kModerations, "moderations"},
    Route{"/v1/models", Operation::kModels, "models", true},
    Route{"/v1/messages/count_tokens", Operation::kCountTokens, "count_tokens"},
    Route{"/v1/messages", Operation::kMessages, "messages"},
    Route{"/v1/audio/speech", Operation::kSpeech, "speech"},
    Route{"/v1/audio/transcriptions", Operation::kTranscription, "transcriptions"},
    Route{"/v1/files", Operation::kFiles, "files", true},
    Route{"/v1/realtime", Operation::kRealtime, "realtime"},
    Route{"/echo", Operation::kEcho, "echo", true},
    Route{"/simulate", Operation::kSimulate, "simulate", true},
};

struct ErrorKind {
  int status;
  std::string_view openai;
  std::string_view code;
  std::string_view anthropic;
  std::string_view message;
};

constexpr std::array kErrors = {
    ErrorKind{400, "invalid_request_error", "", "invalid_request_error",
              "The request is not valid."},
    ErrorKind{401, "invalid_request_error", "invalid_api_key", "authentication_error",
              "Incorrect API key provided."},
    ErrorKind{402, "insufficient_quota", "insufficient_quota", "billing_error", "Payment is due."},
    ErrorKind{403, "invalid_request_error", "", "permission_error", "You have no access to this."},
    ErrorKind{404, "invalid_request_error", "", "not_found_error", "There is nothing here."},
    ErrorKind{409, "invalid_request_error", "", "invalid_request_error",
              "Another request is in the way."},
    ErrorKind{413, "invalid_request_error", "", "request_too_large", "The request is too large."},
    ErrorKind{422, "invalid_request_error", "", "invalid_request_error",
              "The request cannot be processed."},
    ErrorKind{429, "rate_limit_error", "rate_limit_exceeded", "rate_limit_error",
              "Rate limit reached."},
    ErrorKind{500, "server_error", "", "api_error", "The simulated model failed."},
    ErrorKind{503, "server_error", "", "api_error", "The simulated model is overloaded."},
    ErrorKind{504, "server_error", "", "timeout_error", "The simulated model took too long."},
    ErrorKind{529, "server_error", "", "overloaded_error", "Overloaded"},
};

const ErrorKind& kind_of(int status) {
  for (const ErrorKind& kind : kErrors) {
    if (kind.status == status) {
      return kind;
    }
  }
  return status < 500 ? kErrors.front() : kErrors[9];
}

bool fits(const Route& route, std::string_view path) {
  const auto at = path.find(route.path);
  if (at == std::string_view::npos) {
    return false;
  }
  const std::string_view rest = path.substr(at + route.path.size());
  return rest.empty() || (route.prefix && rest.front() == '/');
}

Answer count_tokens(const ModelRequest& request) {
  Answer answer;
  append(request.prompt_tokens, answer.body += "{\"input_tokens\":");
  answer.body += '}';
  return answer;
}

}  // namespace

std::string_view label(Operation operation) {
  for (const Route& route : kRoutes) {
    if (route.operation == operation) {
      return route.label;
    }
  }
  return operation == Operation::kFileContent ? "file_content" : "unknown";
}

Operation operation_of(std::string_view target) {
  const std::string_view path = target.substr(0, target.find('?'));
  for (const Route& route : kRoutes) {
    if (fits(route, path)) {
      const bool content = route.operation == Operation::kFiles && path.ends_with("/content");
      return content ? Operation::kFileContent : route.operation;
    }
  }
  return Operation::kUnknown;
}

EventList::Event EventList::operator[](std::size_t index) const {
  const std::size_t begin = index == 0 ? 0 : marks_[index - 1].end;
  const Mark& mark = marks_[index];
  return {mark.name, std::string_view(data_).substr(begin, mark.end - begin), mark.token};
}

void EventList::keep(std::size_t count) {
  if (count < marks_.size()) {
    data_.resize(count == 0 ? 0 : marks_[count - 1].end);
    marks_.resize(count);
  }
}

std::size_t error_position(const Simulation& simulation, std::size_t events) {
  const auto half = static_cast<std::int64_t>(events / 2);
  return static_cast<std::size_t>(simulation.number_or(Number::kErrorAfterEvents, half));
}

std::string_view reason(int status) {
  return kind_of(status).message;
}

std::string error_body(int status, std::string_view message, const Simulation& simulation,
                       const Stamp& stamp) {
  const ErrorKind& kind = kind_of(status);
  const std::string& type = simulation.word(Word::kErrorType);
  const std::string& code = simulation.word(Word::kErrorCode);
  std::string out;
  if (stamp.anthropic) {
    append_quoted(type.empty() ? kind.anthropic : type,
                  out += "{\"type\":\"error\",\"error\":{\"type\":");
    append_quoted(message, out += ",\"message\":");
    return out += "},\"request_id\":\"req_" + stamp.unique + "\"}";
  }
  append_quoted(message, out += "{\"error\":{\"message\":");
  append_quoted(type.empty() ? kind.openai : type, out += ",\"type\":");
  const std::string_view said = code.empty() ? kind.code : std::string_view(code);
  out += ",\"param\":null,\"code\":";
  if (said.empty()) {
    out += "null";
  } else {
    append_quoted(said, out);
  }
  return out += "}}";
}

Answer error(int status, std::string_view message, const Simulation& simulation,
             const Stamp& stamp) {
  Answer answer;
  answer.status = status;
  answer.body = error_body(status, message, simulation, stamp);
  const auto header = [&](const char* name, Number number) {
    if (simulation.number(number) != kUnset) {
      answer.headers.push_back({name, std::to_string(simulation.number(number))});
    }
  };
  header("retry-after", Number::kRetryAfter);
  header("retry-after-ms", Number::kRetryAfterMs);
  if (const std::string& again = simulation.word(Word::kShouldRetry); !again.empty()) {
    answer.headers.push_back({"x-should-retry", again});
  }
  return answer;
}

namespace {

Answer render(Operation operation, const ModelRequest& request, const Simulation& simulation,
              const Stamp& stamp) {
  if (request.model.empty() && operation != Operation::kModerations) {
    return error(400, "you must provide a model parameter", simulation, stamp);
  }
  if (request.stream_options && simulation.is(Switch::kRejectStreamOptions)) {
    return error(400, "Unrecognized request argument supplied: stream_options", simulation, stamp);
  }
  switch (operation) {
    case Operation::kChat: return chat(request, simulation, stamp);
    case Operation::kCompletions: return completions(request, simulation, stamp);
    case Operation::kResponses: return responses(request, simulation, stamp);
    case Operation::kEmbeddings: return embeddings(request, simulation, stamp);
    case Operation::kModerations: return moderations(request, simulation, stamp);
    case Operation::kMessages: return messages(request, simulation, stamp);
    case Operation::kCountTokens: return count_tokens(request);
    case Operation::kModels:
    case Operation::kSpeech:
    case Operation::kTranscription:
    case Operation::kFiles:
    case Operation::kFileContent:
    case Operation::kRealtime:
    case Operation::kEcho:
    case Operation::kSimulate:
    case Operation::kUnknown: break;
  }
  return error(404, reason(404), simulation, stamp);
}

}  // namespace

Answer answer(Operation operation, const ModelRequest& request, const Simulation& simulation,
              const Stamp& stamp) {
  Answer answer = render(operation, request, simulation, stamp);
  // The Responses dialect says failure in an event of its own; responses() has done so.
  if (answer.streams && simulation.is(Switch::kErrorInStream) &&
      operation != Operation::kResponses) {
    answer.events.keep(error_position(simulation, answer.events.size()));
    const int status = stamp.anthropic ? 529 : 500;
    answer.events.data() += error_body(status, reason(status), simulation, stamp);
    answer.events.end(stamp.anthropic ? "error" : "", false);
  }
  return answer;
}

Answer models(std::string_view target, const Stamp& stamp) {
  constexpr std::array<std::string_view, 7> kOpenAi = {"gpt-5",
                                                       "gpt-5-mini",
                                                       "gpt-4o",
                                                       "gpt-4o-mini",
                                                       "o4-mini",
                                                       "text-embedding-3-small",
                                                       "omni-moderation-latest"};
  constexpr std::array<std::string_view, 3> kAnthropic = {"claude-opus-5", "claude-sonnet-5",
                                                          "claude-haiku-4-5"};
  const auto append_model = [&](std::string_view id, std::string& out) {
    if (stamp.anthropic) {
      append_quoted(id, out += "{\"type\":\"model\",\"id\":");
      append_quoted(id, out += ",\"display_name\":");
      out += ",\"created_at\":\"2026-01-01T00:00:00Z\",\"lifecycle\":\"active\"}";
    } else {
      append_quoted(id, out += "{\"id\":");
      out += ",\"object\":\"model\",\"created\":1767225600,\"owned_by\":\"penstock-demo\"}";
    }
  };
  Answer answer;
  constexpr std::string_view kPath = "/v1/models/";
  if (const auto at = target.find(kPath); at != std::string_view::npos) {
    const std::string_view id = target.substr(at + kPath.size());
    append_model(id.substr(0, id.find('?')), answer.body);
    return answer;
  }
  answer.body = stamp.anthropic ? "{\"data\":[" : "{\"object\":\"list\",\"data\":[";
  const auto list = [&](const auto& ids) {
    for (std::size_t i = 0; i < ids.size(); ++i) {
      append_model(ids[i], answer.body += i == 0 ? "" : ",");
    }
  };
  if (stamp.anthropic) {
    list(kAnthropic);
    answer.body += R"(],"has_more":false,"first_id":"claude-opus-5","last_id":"claude-haiku-4-5"})";
  } else {
    list(kOpenAi);
    answer.body += "]}";
  }
  return answer;
}

}  // namespace penstock::demo::model
