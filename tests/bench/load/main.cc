#include <string_view>

#include "tests/bench/load/arguments.h"
#include "tests/bench/load/open_loop.h"
#include "tests/bench/load/sse_upstream.h"
#include "tests/bench/load/streams.h"

int main(int count, char** values) {
  using namespace penstock::bench;  // NOLINT(google-build-using-namespace): one tool, one namespace
  const std::string_view command = count > 1 ? values[1] : "";
  const Arguments arguments(count, values);
  if (command == "open-loop") {
    return run_open_loop(arguments);
  }
  if (command == "streams") {
    return run_streams(arguments);
  }
  if (command == "sse-upstream") {
    return run_sse_upstream(arguments);
  }
  give_up("usage: penstock-load open-loop | streams | sse-upstream --name value ...");
}
