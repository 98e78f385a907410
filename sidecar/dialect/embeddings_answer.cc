#include "sidecar/dialect/embeddings.h"
#include "sidecar/dialect/json_output.h"
#include "sidecar/dialect/json_walk.h"

namespace penstock::dialect {
namespace {

// Where `part`, a view into `whole`, begins in it.
std::size_t offset_in(std::string_view whole, std::string_view part) {
  return static_cast<std::size_t>(part.data() - whole.data());
}

// Puts each object of `data` into its place; false unless every place is taken once.
bool read_elements(std::string_view data, std::vector<std::string_view>& elements) {
  ArrayWalk walk(data);
  std::size_t taken = 0;
  for (std::string_view element; walk.next(element);) {
    const auto index_text = find_member(element, "index");
    const auto index = index_text ? integer(*index_text) : std::nullopt;
    const bool in_range =
        index && *index >= 0 && static_cast<std::size_t>(*index) < elements.size();
    if (!in_range || !find_member(element, "embedding")) {
      return false;
    }
    std::string_view& place = elements[static_cast<std::size_t>(*index)];
    if (!place.empty()) {
      return false;
    }
    place = element;
    ++taken;
  }
  return walk.complete() && taken == elements.size();
}

// The elements with commas between; in each the index is replaced, all other bytes stay.
void append_elements(std::string& out, std::span<const std::string_view> elements) {
  for (std::size_t i = 0; i < elements.size(); ++i) {
    const std::string_view element = elements[i];
    const auto index = find_member(element, "index");
    out.append(i == 0 ? "" : ",");
    if (!index) {
      out.append(element);
      continue;
    }
    const std::size_t begin = offset_in(element, *index);
    out.append(element.substr(0, begin)).append(std::to_string(i));
    out.append(element.substr(begin + index->size()));
  }
}

std::size_t total_size(std::span<const std::string_view> elements) {
  std::size_t size = 0;
  for (const std::string_view element : elements) {
    size += element.size() + 8;  // a comma, and an index that may grow
  }
  return size;
}

}  // namespace

std::optional<EmbeddingsAnswer> read_embeddings_answer(std::string_view body,
                                                       std::size_t expected) {
  EmbeddingsAnswer answer;
  std::optional<std::string_view> data;
  ObjectWalk walk(body);
  for (JsonMember member; walk.next(member);) {
    if (member.key == "data") {
      if (data) {
        return std::nullopt;
      }
      data = member.value;
    } else if (member.key == "model") {
      answer.model = unescaped(member.value);
    } else if (member.key == "usage") {
      const auto tokens = find_member(member.value, "total_tokens");
      answer.tokens = tokens ? integer(*tokens).value_or(0) : 0;
    }
  }
  if (!walk.complete() || !data || !is_array(*data)) {
    return std::nullopt;
  }
  answer.elements.resize(expected);
  if (!read_elements(*data, answer.elements)) {
    return std::nullopt;
  }
  const std::size_t begin = offset_in(body, *data);
  answer.before = body.substr(0, begin + 1);
  answer.after = body.substr(begin + data->size() - 1);
  return answer;
}

std::string merge_embeddings(const EmbeddingsAnswer& paid,
                             std::span<const std::string_view> elements) {
  std::string out;
  out.reserve(paid.before.size() + paid.after.size() + total_size(elements));
  out.append(paid.before);
  append_elements(out, elements);
  out.append(paid.after);
  return out;
}

std::string embeddings_from_cache(std::string_view model,
                                  std::span<const std::string_view> elements) {
  std::string out;
  out.reserve(128 + model.size() + total_size(elements));
  out.append(R"({"object":"list","data":[)");
  append_elements(out, elements);
  out.append(R"(],"model":)");
  out += '"';
  append_escaped(out, model);
  out += '"';
  out.append(R"(,"usage":{"prompt_tokens":0,"total_tokens":0}})");
  return out;
}

}  // namespace penstock::dialect
