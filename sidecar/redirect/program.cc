// penstock-redirect: what an init container of a pod runs under interception.mode Redirect. A
// program of its own, so that the sidecar loads nothing of nftables.
#include <cstdint>
#include <iostream>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <nftables/libnftables.h>

#include "sidecar/redirect/ruleset.h"

namespace {

struct FreeContext {
  void operator()(nft_ctx* context) const { nft_ctx_free(context); }
};

int apply(const std::string& rules) {
  const std::unique_ptr<nft_ctx, FreeContext> context(nft_ctx_new(NFT_CTX_DEFAULT));
  if (!context) {
    std::cerr << "penstock-redirect: nftables cannot be used here\n";
    return 1;
  }
  nft_ctx_buffer_error(context.get());
  if (nft_run_cmd_from_buffer(context.get(), rules.c_str()) == 0) {
    return 0;
  }
  std::cerr
      << "penstock-redirect: the rules were not taken (this needs NET_ADMIN and a kernel with "
         "nf_tables):\n"
      << nft_ctx_get_error_buffer(context.get());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "Leads what comes to a pod's port to its sidecar, by nftables rules of the pod's own");
  std::uint16_t port = 0;
  std::uint16_t to = 0;
  std::uint16_t probes = 0;
  app.add_option("--port", port, "The engine's port")->required()->check(CLI::Range(1, 65'535));
  app.add_option("--to", to, "The sidecar's port")->required()->check(CLI::Range(1, 65'535));
  app.add_option("--probes", probes, "Where probes come, and are led to the engine")
      ->required()
      ->check(CLI::Range(1, 65'535));
  CLI11_PARSE(app, argc, argv);
  return apply(penstock::redirect::ruleset(port, to, probes));
}
