#include "sidecar/dialect/endpoint.h"

#include <array>
#include <optional>

namespace penstock::dialect {
namespace {

using domain::Dialect;
using domain::Operation;

struct PostPath {
  std::string_view suffix;
  Operation operation;
};

// Longer suffixes first where one ends with another.
constexpr std::array kPostPaths = {
    PostPath{"chat/completions", Operation::kChat},
    PostPath{"completions", Operation::kCompletions},
    PostPath{"responses", Operation::kResponses},
    PostPath{"embeddings", Operation::kEmbeddings},
    PostPath{"v1/messages", Operation::kMessages},
    PostPath{"messages/count_tokens", Operation::kCountTokens},
    PostPath{"moderations", Operation::kModerations},
    PostPath{"audio/speech", Operation::kAudio},
    PostPath{"audio/transcriptions", Operation::kAudio},
    PostPath{"audio/translations", Operation::kAudio},
};

// The path as the last segments see it: no query, no fragment, no slash at the end.
std::string_view trimmed(std::string_view path) {
  path = path.substr(0, path.find_first_of("?#"));
  while (path.ends_with('/')) {
    path.remove_suffix(1);
  }
  return path;
}

bool ends_with_segments(std::string_view path, std::string_view suffix) {
  if (!path.ends_with(suffix)) {
    return false;
  }
  return path.size() == suffix.size() || path[path.size() - suffix.size() - 1] == '/';
}

// Whether `path` is …/<segments> or …/<segments>/<anything>.
bool is_or_is_under(std::string_view path, std::string_view segments) {
  if (ends_with_segments(path, segments)) {
    return true;
  }
  for (std::size_t at = path.find(segments); at != std::string_view::npos;
       at = path.find(segments, at + 1)) {
    const std::size_t after = at + segments.size();
    if ((at == 0 || path[at - 1] == '/') && after < path.size() && path[after] == '/') {
      return true;
    }
  }
  return false;
}

std::optional<Operation> post_operation(std::string_view path, bool anthropic) {
  for (const PostPath& row : kPostPaths) {
    if (ends_with_segments(path, row.suffix)) {
      return row.operation;
    }
  }
  // A base URL that hides "v1". The header keeps OpenAI's /v1/threads/{id}/messages out.
  if (anthropic && ends_with_segments(path, "messages")) {
    return Operation::kMessages;
  }
  return std::nullopt;
}

}  // namespace

domain::Endpoint recognise(std::string_view method, std::string_view path,
                           bool anthropic_version_header) {
  const Dialect by_header = anthropic_version_header ? Dialect::kAnthropic : Dialect::kOpenAi;
  const std::string_view plain = trimmed(path);
  if (method == "POST") {
    if (const auto operation = post_operation(plain, anthropic_version_header)) {
      const bool messages =
          *operation == Operation::kMessages || *operation == Operation::kCountTokens;
      return {messages ? Dialect::kAnthropic : Dialect::kOpenAi, *operation};
    }
  }
  if (method == "GET" &&
      (ends_with_segments(plain, "models") || is_or_is_under(plain, "v1/models"))) {
    return {by_header, Operation::kModels};
  }
  if (is_or_is_under(plain, "v1/files")) {
    return {by_header, Operation::kFiles};
  }
  return {by_header, Operation::kOther};
}

}  // namespace penstock::dialect
