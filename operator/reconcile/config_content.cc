#include "operator/reconcile/config_content.h"

#include "lib/gzip/gzip.h"
#include "lib/resolve/hash.h"

namespace penstock::reconcile {
namespace {

// Beyond this it is compressed.
constexpr std::size_t kPlainBytesMax = 512 * 1024;

}  // namespace

std::size_t size_of(const ConfigContent& content) {
  std::size_t bytes = 0;
  for (const auto* part : {&content.text, &content.bytes}) {
    for (const auto& [file, value] : *part) {
      bytes += value.size();
    }
  }
  return bytes;
}

ConfigContent content_of(const std::map<std::string, std::string>& files) {
  ConfigContent content{.text = files};
  if (size_of(content) <= kPlainBytesMax) {
    return content;
  }
  content.text.clear();
  for (const auto& [file, text] : files) {
    content.bytes.emplace(file + ".gz", gzip::compress(text));
  }
  return content;
}

std::string fingerprint(const std::string& text) {
  return resolve::content_hash({text});
}

}  // namespace penstock::reconcile
