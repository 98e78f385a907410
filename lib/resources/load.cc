#include "lib/resources/load.h"

#include <algorithm>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "lib/gzip/gzip.h"
#include "lib/json/text.h"

namespace penstock::resources {
namespace {

namespace fs = std::filesystem;

struct FileText {
  std::string file;  // as the user knows it
  std::string text;
};
using Texts = std::vector<FileText>;

constexpr std::string_view kCompressed = ".json.gz";
constexpr const char* kBadGzip = "is no whole gzip file, or its text is too long";

bool is_resource_name(const std::string& name) {
  return !name.starts_with('.') && (name.ends_with(".yaml") || name.ends_with(".yml") ||
                                    name.ends_with(".json") || name.ends_with(kCompressed));
}

void fail(api::Resources& resources, std::string document, std::string message) {
  resources.errors.push_back({std::move(document), "", std::move(message)});
}

// One byte over the bound is enough to know that a file is too large.
bool read_file(const fs::path& path, std::string& text) {
  std::ifstream in(path, std::ios::binary);
  text.resize(json::kTextBytesMax + 1);
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(in.gcount(), 0)));
  return in.eof() || text.size() > json::kTextBytesMax;
}

// The text of a compressed file in its place.
bool expand(const std::string& name, std::string& text) {
  if (!name.ends_with(kCompressed)) {
    return true;
  }
  std::optional<std::string> expanded = gzip::decompress(text, json::kTextBytesMax);
  if (expanded) {
    text = std::move(*expanded);
  }
  return expanded.has_value();
}

// `folder` is where to read, `shown` what the user called it.
std::vector<std::string> names_in(const fs::path& folder, const std::string& shown,
                                  api::Resources& resources) {
  std::vector<std::string> names;
  std::error_code error;
  fs::directory_iterator entry(folder, error);
  while (!error && entry != fs::directory_iterator()) {
    std::string name = entry->path().filename().string();
    std::error_code ignored;
    if (is_resource_name(name) && entry->is_regular_file(ignored)) {
      names.push_back(std::move(name));
    }
    entry.increment(error);
  }
  if (error) {
    fail(resources, shown, "cannot be read: " + error.message());
  }
  std::ranges::sort(names);
  if (names.size() > kFilesMax) {
    fail(resources, shown, "holds more than " + std::to_string(kFilesMax) + " resource files");
    names.resize(kFilesMax);
  }
  return names;
}

void read_folder(const fs::path& path, Texts& texts, api::Resources& resources) {
  fs::path folder = path;
  std::error_code error;
  if (const fs::path data = fs::canonical(path / "..data", error); !error) {
    folder = data;
  }
  const std::vector<std::string> names = names_in(folder, path.string(), resources);
  if (names.empty() && resources.errors.empty()) {
    resources.nothing_found = true;
    fail(resources, path.string(), "holds no *.yaml, *.yml, *.json or *.json.gz file");
  }
  std::size_t total = 0;
  std::string text;
  for (const std::string& name : names) {
    std::string shown = (path / name).string();
    if (!read_file(folder / name, text)) {
      fail(resources, std::move(shown), "cannot be read");
      continue;
    }
    if (!expand(name, text)) {
      fail(resources, std::move(shown), kBadGzip);
      continue;
    }
    total += text.size();
    if (total > kTotalBytesMax) {
      fail(resources, path.string(),
           "holds more than " + std::to_string(kTotalBytesMax) + " bytes");
      return;
    }
    texts.push_back({std::move(shown), text});
  }
}

Texts read_texts(const fs::path& path, api::Resources& resources) {
  resources.source = path.string();
  Texts texts;
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  std::string text;
  if (fs::is_directory(status)) {
    read_folder(path, texts, resources);
  } else if (!fs::exists(status)) {
    fail(resources, path.string(), "does not exist");
  } else if (!fs::is_regular_file(status) || !read_file(path, text)) {
    fail(resources, path.string(), "cannot be read");
  } else if (!expand(path.string(), text)) {
    fail(resources, path.string(), kBadGzip);
  } else {
    texts.push_back({path.string(), std::move(text)});
  }
  return texts;
}

void parse(const Texts& texts, json::Strictness strictness, api::Resources& resources) {
  for (const FileText& one : texts) {
    api::add_text(resources, one.file, one.text, strictness);
  }
}

}  // namespace

api::Resources load(const fs::path& path, json::Strictness strictness) {
  api::Resources resources;
  parse(read_texts(path, resources), strictness, resources);
  return resources;
}

api::Resources load(const fs::path& path) {
  api::Resources read;
  const Texts texts = read_texts(path, read);
  api::Resources strict = read;
  parse(texts, json::Strictness::kStrict, strict);
  if (strict.bindings.empty()) {
    return strict;
  }
  parse(texts, json::Strictness::kTolerant, read);
  return read;
}

}  // namespace penstock::resources
