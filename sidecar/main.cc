#include <cstdio>

#include "sidecar/app/hooks.h"
#include "sidecar/app/options.h"
#include "sidecar/app/server.h"

int main(int argc, char** argv) {
  penstock::app::ParsedOptions parsed = penstock::app::parse_options(argc, argv);
  if (parsed.hook) {
    return penstock::app::run_hook(*parsed.hook);
  }
  if (!parsed.options) {
    return parsed.exit_code;
  }
  if (parsed.options->check) {
    return penstock::app::check(*parsed.options);
  }
  penstock::app::Server server(std::move(*parsed.options));
  return server.run();
}
