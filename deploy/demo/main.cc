#include <cstdio>

#include <CLI/CLI.hpp>

#include "deploy/demo/load/commands.h"
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
  command
      ->add_option_function<int>(
          "--port", [&options](int port) { options.listen = "0.0.0.0:" + std::to_string(port); },
          "The same on every address, as inference engines take it")
      ->check(CLI::Range(1, 65'535))
      ->type_name("PORT");
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

void add_places(CLI::App& command, penstock::demo::load::Places& places) {
  command.add_option("--target", places.target, "Where the load goes: the sidecar's data listener")
      ->capture_default_str();
  command.add_option(
      "--direct", places.direct,
      "The model server itself: the same load goes there too, in turns, for comparison");
  command.add_option("--upstream", places.upstream,
                     "A simulated server to ask how many calls reached it (default: --direct)");
  command.add_option("--admin", places.admin, "The sidecar's admin listener, for costs");
}

void add_run(CLI::App& command, penstock::demo::load::RunOptions& run) {
  command.add_option("--concurrency", run.concurrency, "Calls in flight at most")
      ->check(CLI::Range(1, 20'000))
      ->capture_default_str();
  command.add_option("--timeout", run.timeout_seconds, "Seconds for one call")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
}

void add_load(CLI::App& app, penstock::demo::load::LoadOptions& options) {
  CLI::App* command = app.add_subcommand(
      "load", "Sends a mixed load and prints what came of it, with and without Penstock.");
  add_places(*command, options.places);
  add_run(*command, options.run);
  command->add_option("--requests", options.mix.requests)
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  command->add_option("--prompts", options.prompts,
                      "A file of MT-bench questions (default: a small built-in set)");
  command
      ->add_option("--repeat-share", options.mix.repeat_share,
                   "Calls that ask again what was asked before")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command->add_option("--stream-share", options.mix.stream_share)
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command->add_option("--dialects", options.dialects, "Of openai, anthropic, responses, embeddings")
      ->capture_default_str();
  command->add_option("--seed", options.mix.seed, "The same seed makes the same load")
      ->capture_default_str();
}

void add_replay(CLI::App& app, penstock::demo::load::TraceOptions& options) {
  CLI::App* command = app.add_subcommand("replay",
                                         "Replays a public trace (Mooncake JSON lines or Azure "
                                         "CSV) at its own pace, and prints the same table.");
  add_places(*command, options.places);
  add_run(*command, options.run);
  command->add_option("--trace", options.trace, "The file")->required();
  command->add_option("--format", options.format)
      ->check(CLI::IsMember({"auto", "mooncake", "azure"}))
      ->capture_default_str();
  command->add_option("--speed", options.speed, "10 plays an hour in six minutes")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--stream-share", options.stream_share)
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command->add_option("--max-requests", options.requests_max, "Only the first N; 0 for all")
      ->capture_default_str();
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
  penstock::demo::load::LoadOptions load;
  add_load(app, load);
  penstock::demo::load::TraceOptions replay;
  replay.run.concurrency = 256;
  add_replay(app, replay);
  CLI11_PARSE(app, argc, argv);
  if (app.got_subcommand("model-server")) {
    return report(penstock::demo::server::serve(server));
  }
  if (app.got_subcommand("load")) {
    return report(penstock::demo::load::load(load));
  }
  return report(penstock::demo::load::replay(replay));
}
