#include "operator/reconcile/image_words.h"

#include <algorithm>
#include <array>
#include <vector>

namespace penstock::reconcile {
namespace {

// Words beside a name that say how it was built, packed or for what machine; digits at a word's end
// do not count.
constexpr std::array<std::string_view, 67> kOfABuild = {
    "",        "aarch",  "alpine",   "amd",    "arm",      "ascend", "aws",       "azure",
    "base",    "build",  "cann",     "cpu",    "cu",       "cuda",   "custom",    "debian",
    "dev",     "devel",  "engine",   "fork",   "gaudi",    "gb",     "gcp",       "gfx",
    "gke",     "gpu",    "habana",   "hip",    "hpu",      "image",  "inference", "intel",
    "latest",  "main",   "metal",    "mi",     "musa",     "neuron", "neuronx",   "nightly",
    "npu",     "nvidia", "official", "openai", "openvino", "ppc",    "prod",      "py",
    "release", "repo",   "rhel",     "rocm",   "s",        "serve",  "server",    "serving",
    "sm",      "stable", "sycl",     "tpu",    "ubi",      "ubuntu", "v",         "vulkan",
    "x",       "xpu",    "zen"};

// Words before a name that say whose build it is.
constexpr std::array<std::string_view, 10> kOfAnOwner = {
    "ggerganov", "ggml", "hf", "huggingface", "llm", "lmsys", "lmsysorg", "my", "our", "team"};

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

std::vector<std::string_view> split(std::string_view text, char by) {
  std::vector<std::string_view> result;
  while (true) {
    const std::size_t end = text.find(by);
    result.push_back(text.substr(0, end));
    if (end == text.npos) {
      return result;
    }
    text.remove_prefix(end + 1);
  }
}

bool is_of_a_build(std::string_view word) {
  return is_one_of(kOfABuild, word.substr(0, word.find_last_not_of("0123456789") + 1));
}

bool only_of_a_build(std::string_view words) {
  return std::ranges::all_of(split(words, '-'), is_of_a_build);
}

// Where the colon before the tag is; npos: there is no tag. `image` has no digest.
std::size_t tag_colon(std::string_view image) {
  const std::size_t slash = image.rfind('/');
  const std::size_t colon = image.rfind(':');
  return colon != image.npos && (slash == image.npos || colon > slash) ? colon : image.npos;
}

// The path of the repository, without registry, tag and digest.
std::string_view path_of(std::string_view image) {
  image = image.substr(0, image.find('@'));
  image = image.substr(0, tag_colon(image));
  const std::string_view first = image.substr(0, image.find('/'));
  const bool registry = first.size() < image.size() &&
                        (first.contains('.') || first.contains(':') || first == "localhost");
  return registry ? image.substr(first.size() + 1) : image;
}

}  // namespace

std::string image_words(std::string_view image) {
  std::string result = "-";
  std::vector<std::string_view> parts = split(path_of(image), '/');
  for (; !parts.empty() && only_of_a_build(result); parts.pop_back()) {
    result.insert(0, "-" + std::string(parts.back()));
    std::ranges::replace_if(result, [](char c) { return c == '_' || c == '.'; }, '-');
  }
  return result;
}

bool is_build_of(std::string_view words, std::string_view mark) {
  const std::size_t at = words.find("-" + std::string(mark) + "-");
  if (at == words.npos || !only_of_a_build(words.substr(at + mark.size() + 2))) {
    return false;
  }
  return std::ranges::all_of(split(words.substr(0, at), '-'), [](std::string_view word) {
    return is_of_a_build(word) || is_one_of(kOfAnOwner, word);
  });
}

std::string_view tag_of(std::string_view image) {
  image = image.substr(0, image.find('@'));
  const std::size_t colon = tag_colon(image);
  return colon == image.npos ? std::string_view() : image.substr(colon + 1);
}

}  // namespace penstock::reconcile
