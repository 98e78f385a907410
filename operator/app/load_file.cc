#include "operator/app/load_file.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <vector>

#include "lib/gzip/gzip.h"
#include "operator/kube/text_file.h"
#include "operator/simulate/servegen.h"
#include "operator/simulate/tar.h"
#include "operator/simulate/trace.h"

namespace penstock::control {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kUnpackedMax = 1ULL << 30;
constexpr double kComposedRate = 10;

using Clients = std::vector<simulate::Client>;

std::unexpected<Error> wrong(const std::string& path, const std::string& what) {
  return fail(ErrorCode::kInvalidConfig, path + ": " + what);
}

Result<std::string> read(const fs::path& path) {
  std::optional<std::string> text = kube::read_text_file(path);
  if (!text) {
    return wrong(path.string(), "cannot be read");
  }
  if (text->starts_with("\x1f\x8b")) {
    text = gzip::decompress(*text, kUnpackedMax);
    if (!text) {
      return wrong(path.string(), "is no whole gzip file, or one of more than 1 GiB");
    }
  }
  return std::move(*text);
}

Result<simulate::Arrivals> read_trace(const std::string& path) {
  const Result<std::string> text = read(path);
  if (!text) {
    return std::unexpected(text.error());
  }
  Result<simulate::Arrivals> trace = simulate::read_trace(*text);
  if (!trace) {
    return wrong(path, trace.error().detail);
  }
  if (trace->empty()) {
    return wrong(path, "holds no request");
  }
  return trace;
}

// "…/m-mid/chunk-3-trace.csv" belongs to the pool m-mid.
std::string pool_of(const fs::path& file) {
  return file.parent_path().filename().string();
}

// Contents by name, in the order of names, so that the dice fall the same way everywhere.
using Files = std::map<std::string, std::string>;

Result<Files> files_of(const std::string& path) {
  Files files;
  std::error_code error;
  if (fs::is_directory(path, error)) {
    for (const auto& entry : fs::recursive_directory_iterator(path, error)) {
      if (entry.path().extension() == ".csv") {
        files[entry.path().string()] = kube::read_text_file(entry.path()).value_or("");
      }
    }
    return files;
  }
  const Result<std::string> archive = read(path);
  if (!archive) {
    return std::unexpected(archive.error());
  }
  const Result<std::vector<simulate::TarFile>> packed = simulate::read_tar(*archive);
  if (!packed) {
    return wrong(path, packed.error().detail);
  }
  for (const simulate::TarFile& file : *packed) {
    if (fs::path(file.name).extension() == ".csv") {
      files[file.name] = file.content;
    }
  }
  return files;
}

Result<Clients> read_pool(const LoadOptions& options) {
  const Result<Files> files = files_of(options.path);
  if (!files) {
    return std::unexpected(files.error());
  }
  const bool takes_all = options.pool == kAllPools;
  std::map<std::string, Clients> pools;
  for (const auto& [name, content] : *files) {
    const std::string pool = takes_all ? std::string(kAllPools) : pool_of(name);
    if (!options.pool.empty() && pool != options.pool) {
      continue;
    }
    Result<simulate::Client> client = simulate::read_client(content);
    if (!client) {
      return wrong(name, client.error().detail);
    }
    pools[pool].push_back(std::move(*client));
  }
  if (pools.size() != 1) {
    std::string names;
    for (const auto& [name, clients] : pools) {
      names.append(names.empty() ? "" : ", ").append(name);
    }
    return wrong(options.path, pools.empty() ? "holds no such pool"
                                             : "holds several pools, name one of: " + names +
                                                   ", or " + std::string(kAllPools));
  }
  return std::move(pools.begin()->second);
}

bool is_servegen(const std::string& path) {
  std::error_code error;
  return fs::is_directory(path, error) || path.ends_with(".tar.gz") || path.ends_with(".tgz") ||
         path.ends_with(".tar");
}

}  // namespace

Result<simulate::Arrivals> load_file(const LoadOptions& options) {
  if (!is_servegen(options.path)) {
    const Result<simulate::Arrivals> trace = read_trace(options.path);
    return trace ? simulate::paced(*trace, options.requests_per_s, options.duration_s) : trace;
  }
  if (options.lengths.empty()) {
    return wrong(options.path,
                 "says how many requests came; --lengths names a trace that says how "
                 "long they are");
  }
  const Result<simulate::Arrivals> lengths = read_trace(options.lengths);
  if (!lengths) {
    return lengths;
  }
  const Result<Clients> clients = read_pool(options);
  if (!clients) {
    return std::unexpected(clients.error());
  }
  const double rate = options.requests_per_s > 0 ? options.requests_per_s : kComposedRate;
  simulate::Arrivals load =
      simulate::compose(*clients, *lengths, {.requests_per_s = rate, .seed = options.seed});
  if (options.duration_s > 0) {
    std::erase_if(load, [&](const simulate::Arrival& arrival) {
      return static_cast<double>(arrival.at_us) >= options.duration_s * 1e6;
    });
  }
  return load;
}

}  // namespace penstock::control
