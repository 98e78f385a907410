#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace penstock::kube {

// A small file as it is; nothing: it cannot be read.
std::optional<std::string> read_text_file(const std::filesystem::path& path);

}  // namespace penstock::kube
