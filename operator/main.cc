#include "operator/app/commands.h"

// Read by jemalloc when it starts. A look at a large target frees what the look before took, on
// whichever thread has it: with arenas for every core that keep pages for ten seconds, that is held
// several times over (2,000 sidecars: 125 MB instead of 85, e2e/test_collect.py).
extern "C" {
extern const char* malloc_conf;
const char* malloc_conf = "narenas:2,dirty_decay_ms:500,muzzy_decay_ms:0";
}

int main(int argc, char** argv) {
  return penstock::control::run_command(argc, argv);
}
