#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/resolve/resolve.h"
#include "sidecar/app/listen_address.h"
#include "sidecar/http/page_fetch.h"

namespace penstock::app {

// The command line and PENSTOCK_… environment variables.
struct Options {
  std::string resources;  // file or folder; empty: --upstream
  std::string policy;     // "namespace/name"; empty: the only one
  std::string secrets_dir;
  std::string upstream;
  std::optional<std::uint64_t> cache_bytes;
  std::optional<resolve::PassThrough> pass_through;  // in a pod: its own
  std::vector<ListenAddress> listen;
  std::optional<ListenAddress> status;
  std::optional<ListenAddress> admin;
  std::uint32_t workers = 0;                      // 0: the CPU quota
  std::optional<std::chrono::milliseconds> hold;  // how long requests wait for the upstream
  std::uint32_t hold_requests = 100;
  bool check = false;
  bool access_log = true;
  std::chrono::milliseconds drain_delay{0};
  std::chrono::milliseconds drain_grace{30'000};
  std::string admin_token_file;
  std::optional<http::PageAddress> engine_metrics;
};

// `penstock-sidecar wait` and `drain`: what a pod's hooks run, in an image without a shell.
struct HookCommand {
  enum class Kind : std::uint8_t { kWait, kDrain };
  Kind kind = Kind::kWait;
  ListenAddress admin;
  std::chrono::milliseconds at_most{30'000};
};

// The parsed options; or a command of a hook; or the exit code after --help, --version or an error,
// which was printed.
struct ParsedOptions {
  std::optional<Options> options;
  std::optional<HookCommand> hook;
  int exit_code = 0;
};
ParsedOptions parse_options(int argc, char** argv);

}  // namespace penstock::app
