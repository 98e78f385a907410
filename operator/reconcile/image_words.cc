#include "operator/reconcile/image_words.h"

#include <algorithm>
#include <array>
#include <vector>

namespace penstock::reconcile {
namespace {

// Words after a name that say how it was built, packed or for what machine; digits at a word's end
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

// Words before a name that say that something else holds, uses or imitates it.
constexpr std::array<std::string_view, 26> kOfAnother = {"and",
                                                         "bench",
                                                         "benchmark",
                                                         "client",
                                                         "djl",
                                                         "dynamo",
                                                         "exporter",
                                                         "fake",
                                                         "for",
                                                         "gateway",
                                                         "huggingfaceserver",
                                                         "kserve",
                                                         "litellm",
                                                         "mock",
                                                         "operator",
                                                         "proxy",
                                                         "pytorch",
                                                         "ray",
                                                         "router",
                                                         "sagemaker",
                                                         "sim",
                                                         "triton",
                                                         "tritonserver",
                                                         "ui",
                                                         "webui",
                                                         "with"};

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

// The path of the repository, without registry, tag and digest.
std::string_view path_of(std::string_view image) {
  image = image.substr(0, image.find('@'));
  const std::size_t slash = image.rfind('/');
  const std::size_t colon = image.rfind(':');
  if (colon != image.npos && (slash == image.npos || colon > slash)) {
    image = image.substr(0, colon);
  }
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
  const std::vector<std::string_view> before = split(words.substr(0, at), '-');
  return std::ranges::none_of(before,
                              [](std::string_view word) { return is_one_of(kOfAnother, word); });
}

}  // namespace penstock::reconcile
