#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/result/result.h"

namespace penstock::simulate {

struct TarFile {
  std::string name;
  std::string_view content;  // in the archive's bytes
};

// The regular files of a POSIX or GNU archive whose names have at most 100 characters after their
// prefix; other entries are left out. Errors: an entry that ends beyond the archive, or a size that
// is no octal number.
Result<std::vector<TarFile>> read_tar(std::string_view archive);

}  // namespace penstock::simulate
