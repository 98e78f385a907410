#include <cstdio>

#include <CLI/CLI.hpp>

#include "deploy/demo/model/simulation.h"
#include "deploy/demo/server/server.h"

namespace {

using penstock::demo::server::ServerOptions;

void add_model_server(CLI::App& app, ServerOptions& options) {
  CLI::App* command = app.add_subcommand(
      "model-server",
      "A simulated model server for the OpenAI and Anthropic dialects: same prompt, same answer.");
  command->add_option("--listen", options.listen, "ADDRESS:PORT; port 0 takes a free one")
      ->capture_default_str();
  command->add_option("--threads", options.threads)
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  command
      ->add_option("--first-token", options.timing.first_token_ms,
                   "Milliseconds to the first token")
      ->check(CLI::Range(0, 600'000))
      ->capture_default_str();
  command
      ->add_option("--per-token", options.timing.per_token_ms,
                   "Milliseconds for each further token")
      ->check(CLI::Range(0, 60'000))
      ->capture_default_str();
  command
      ->add_option("--jitter", options.timing.jitter_percent,
                   "Each delay varies by up to this many percent")
      ->check(CLI::Range(0, 100))
      ->capture_default_str();
  command->add_option("--seed", options.timing.seed, "Of the jitter")->capture_default_str();
  command
      ->add_option("--journal", options.journal,
                   "Requests that GET /simulate/journal remembers; 0 for none")
      ->check(CLI::Range(0, 1'000'000))
      ->capture_default_str();
  command->footer(
      "GET /simulate/journal[?after=N][&bodies=1]  every request as it arrived (credentials "
      "hashed)\n"
      "GET /simulate/counters                      requests by operation, connections, in flight, "
      "aborted, held\n"
      "POST /simulate/release?id=ID                lets go what x-simulate: hold=ID holds (all "
      "without id)\n"
      "POST /simulate/preset                       an x-simulate value (the body) for requests "
      "without the header\n"
      "POST /simulate/reset                        forgets all of the above\n\n" +
      penstock::demo::model::simulation_help());
}

int report(const penstock::Result<void>& done) {
  if (!done) {
    std::fprintf(stderr, "penstock-demo: %s\n", done.error().detail.c_str());
    return 1;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Penstock's demonstration: a simulated model server, and clients that load it.",
               "penstock-demo");
  app.require_subcommand(1);
  ServerOptions server;
  add_model_server(app, server);
  CLI11_PARSE(app, argc, argv);
  if (app.got_subcommand("model-server")) {
    return report(penstock::demo::server::serve(server));
  }
  return 2;
}
