#pragma once

#include <cstddef>
#include <filesystem>

#include "lib/api/resources.h"
#include "lib/json/strictness.h"

namespace penstock::resources {

inline constexpr std::size_t kFilesMax = 256;
inline constexpr std::size_t kTotalBytesMax = 32ULL << 20;

// Reads a file, or the *.yaml, *.yml and *.json of a folder in the order of their names; not its
// subfolders, no dot-files. A mounted ConfigMap is read from the folder that its ..data names at
// that moment, so a swap in between never mixes two versions. Never fails as a whole: what cannot
// be read is among the errors. Blocks on the disk: not for a worker's thread.
api::Resources load(const std::filesystem::path& path, json::Strictness strictness);

// Strictly, or tolerantly where a PolicyBinding among the documents shows that an operator
// delivered them. Reads each file once.
api::Resources load(const std::filesystem::path& path);

}  // namespace penstock::resources
