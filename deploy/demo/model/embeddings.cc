#include <algorithm>
#include <bit>

#include "deploy/demo/model/answer.h"
#include "deploy/demo/model/text.h"

namespace penstock::demo::model {
namespace {

constexpr std::int64_t kDimensions = 256;
constexpr std::int64_t kDimensionsMax = 4096;

void append_floats(const std::vector<float>& vector, std::string& out) {
  out += '[';
  for (std::size_t i = 0; i < vector.size(); ++i) {
    append(vector[i], out += i == 0 ? "" : ",");
  }
  out += ']';
}

// Little-endian 32-bit floats, as the OpenAI SDKs unpack them.
void append_base64(const std::vector<float>& vector, std::string& out) {
  std::string bytes;
  bytes.reserve(vector.size() * 4);
  for (const float value : vector) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    for (unsigned shift = 0; shift < 32; shift += 8) {
      bytes += static_cast<char>(bits >> shift & 0xFFU);
    }
  }
  out += '"';
  out += base64(bytes);
  out += '"';
}

}  // namespace

Answer embeddings(const ModelRequest& request, const Simulation& simulation, const Stamp& stamp) {
  if (request.inputs.empty()) {
    return error(400, "'input' must be a string or a list that is not empty.", simulation, stamp);
  }
  const auto dimensions =
      std::clamp<std::int64_t>(request.dimensions.value_or(kDimensions), 1, kDimensionsMax);
  Answer answer;
  std::string& out = answer.body = "{\"object\":\"list\",\"data\":[";
  std::int64_t tokens = 0;
  for (std::size_t i = 0; i < request.inputs.size(); ++i) {
    const Input& input = request.inputs[i];
    tokens += input.tokens;
    // The model takes part, so that two models disagree about a text.
    const auto vector =
        embedding(request.model + '\0' + input.text, static_cast<std::size_t>(dimensions));
    append(static_cast<std::int64_t>(i), out += i == 0 ? "{\"object\":\"embedding\",\"index\":"
                                                       : ",{\"object\":\"embedding\",\"index\":");
    out += ",\"embedding\":";
    if (request.base64) {
      append_base64(vector, out);
    } else {
      append_floats(vector, out);
    }
    out += '}';
  }
  append_quoted(request.model, out += "],\"model\":");
  if (!simulation.is(Switch::kNoUsage)) {
    append(tokens, out += ",\"usage\":{\"prompt_tokens\":");
    append(tokens, out += ",\"total_tokens\":");
    out += '}';
  }
  out += '}';
  return answer;
}

Answer moderations(const ModelRequest& request, const Simulation& /*simulation*/,
                   const Stamp& stamp) {
  constexpr std::string_view kCategories[] = {"harassment",
                                              "harassment/threatening",
                                              "hate",
                                              "hate/threatening",
                                              "illicit",
                                              "illicit/violent",
                                              "self-harm",
                                              "self-harm/instructions",
                                              "self-harm/intent",
                                              "sexual",
                                              "sexual/minors",
                                              "violence",
                                              "violence/graphic"};
  Answer answer;
  std::string& out = answer.body = "{\"id\":\"modr-" + stamp.unique + "\",\"model\":";
  append_quoted(request.model.empty() ? "omni-moderation-latest" : std::string_view(request.model),
                out);
  out += ",\"results\":[";
  for (std::size_t i = 0; i < std::max<std::size_t>(1, request.inputs.size()); ++i) {
    out += i == 0 ? "{\"flagged\":false,\"categories\":{" : ",{\"flagged\":false,\"categories\":{";
    std::string scores;
    std::string types;
    for (const std::string_view category : kCategories) {
      const std::string_view comma = scores.empty() ? "" : ",";
      append_quoted(category, out += comma);
      out += ":false";
      append_quoted(category, scores += comma);
      append(static_cast<std::int64_t>(mix(request.seed + category.size()) % 900 + 100),
             scores += ":0.000");
      append_quoted(category, types += comma);
      types += ":[\"text\"]";
    }
    out +=
        "},\"category_scores\":{" + scores + "},\"category_applied_input_types\":{" + types + "}}";
  }
  out += "]}";
  return answer;
}

}  // namespace penstock::demo::model
