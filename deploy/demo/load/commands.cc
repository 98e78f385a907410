#include "deploy/demo/load/commands.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <optional>

#include <nlohmann/json.hpp>

#include "deploy/demo/load/trace.h"

namespace penstock::demo::load {
namespace {

using nlohmann::json;

// Rounds of an interleaved comparison: what the machine does meanwhile then meets both sides alike.
constexpr std::size_t kRounds = 8;

Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return fail(ErrorCode::kInvalidConfig, "cannot read " + path);
  }
  return std::string(std::istreambuf_iterator<char>(file), {});
}

Result<std::optional<Target>> optional_target(const std::string& url) {
  if (url.empty()) {
    return std::optional<Target>();
  }
  auto target = target_of(url);
  if (!target) {
    return std::unexpected(target.error());
  }
  return std::optional(std::move(*target));
}

// How many model calls a simulated server has answered; -1 where there is none to ask.
std::int64_t calls_seen(const std::optional<Target>& upstream) {
  if (!upstream) {
    return -1;
  }
  const auto text = get(*upstream, "/simulate/counters");
  const json counters = json::parse(text.value_or(""), nullptr, /*allow_exceptions=*/false);
  if (!counters.is_object() || !counters.contains("by_operation")) {
    return -1;
  }
  std::int64_t sum = 0;
  for (const char* operation : {"chat", "completions", "responses", "embeddings", "messages"}) {
    sum += counters["by_operation"].value(operation, std::int64_t{0});
  }
  return sum;
}

// The figures are the sidecar's own, since it started (docs/reference/admin-openapi.yaml).
void ask_costs(const std::string& admin, Facts& facts) {
  const auto target = target_of(admin);
  if (admin.empty() || !target) {
    return;
  }
  const auto text = get(*target, "/api/dashboard/summary");
  const json summary = json::parse(text.value_or(""), nullptr, /*allow_exceptions=*/false);
  const auto figure = [&summary](const char* pointer) {
    const json::json_pointer at(pointer);
    const json value = summary.is_object() && summary.contains(at) ? summary[at] : json();
    return value.is_string() ? value.get<std::string>()
           : value.is_null() ? std::string()
                             : value.dump();
  };
  facts.cost = figure("/cost/usedUsd");
  facts.saved = figure("/cost/savedUsd");
  facts.tokens_used = figure("/tokens/used");
  facts.tokens_saved = figure("/tokens/saved");
}

struct Sides {
  Target target;
  std::optional<Target> direct;
  std::optional<Target> upstream;
};

Result<Sides> sides_of(const Places& places) {
  const auto target = target_of(places.target);
  const auto direct = optional_target(places.direct);
  const auto upstream = optional_target(places.upstream.empty() ? places.direct : places.upstream);
  for (const Error* error : {target ? nullptr : &target.error(), direct ? nullptr : &direct.error(),
                             upstream ? nullptr : &upstream.error()}) {
    if (error != nullptr) {
      return std::unexpected(*error);
    }
  }
  return Sides{*target, *direct, *upstream};
}

std::int64_t grown(std::int64_t sum, std::int64_t before, std::int64_t after) {
  return before < 0 || after < 0 ? -1 : std::max<std::int64_t>(sum, 0) + after - before;
}

Result<void> compare(const Places& places, const Plan& plan, const RunOptions& options) {
  const auto sides = sides_of(places);
  if (!sides) {
    return std::unexpected(sides.error());
  }
  Tally with;
  Tally without;
  Facts facts;
  const std::optional<Target> direct = sides->direct;
  const std::size_t rounds = direct ? std::min(kRounds, plan.size) : 1;
  for (std::size_t round = 0; round < rounds; ++round) {
    const std::size_t from = plan.size * round / rounds;
    const std::size_t to = plan.size * (round + 1) / rounds;
    const auto one_side = [&](const Target& where, const char* label, Tally& tally,
                              std::int64_t& reached) {
      RunOptions labelled = options;
      labelled.label = label;
      if (rounds > 1) {
        labelled.label +=
            " (round " + std::to_string(round + 1) + " of " + std::to_string(rounds) + ")";
      }
      const std::int64_t before = calls_seen(sides->upstream);
      auto done = run(where, plan, from, to, labelled, tally);
      reached = grown(reached, before, calls_seen(sides->upstream));
      return done;
    };
    auto done = one_side(sides->target, "with Penstock", with, facts.reached_upstream);
    if (done && direct) {
      done = one_side(*direct, "without", without, facts.reached_upstream_direct);
    }
    if (!done) {
      return done;
    }
  }
  ask_costs(places.admin, facts);
  std::printf("\n%s", table(with, direct ? &without : nullptr, facts).c_str());
  if (with.errors() == with.requests()) {
    return fail(ErrorCode::kUpstreamFailed,
                "not one call was answered; is " + places.target + " up?");
  }
  return {};
}

}  // namespace

Result<void> load(const LoadOptions& options) {
  std::vector<std::string> prompts = sample_prompts();
  if (!options.prompts.empty()) {
    const auto text = read_file(options.prompts);
    auto read = text ? read_prompts(*text)
                     : Result<std::vector<std::string>>(std::unexpected(text.error()));
    if (!read) {
      return std::unexpected(read.error());
    }
    prompts = std::move(*read);
  }
  const auto kinds = kinds_of(options.dialects);
  if (!kinds) {
    return std::unexpected(kinds.error());
  }
  MixOptions mix = options.mix;
  mix.kinds = *kinds;
  return compare(options.places, mix_plan(mix, std::move(prompts)), options.run);
}

Result<void> replay(const TraceOptions& options) {
  const auto text = read_file(options.trace);
  if (!text) {
    return std::unexpected(text.error());
  }
  TraceFormat format = format_of(*text);
  if (options.format != "auto") {
    format = options.format == "mooncake" ? TraceFormat::kMooncake : TraceFormat::kAzure;
  }
  auto rows =
      read_trace(*text, format, options.requests_max == 0 ? SIZE_MAX : options.requests_max);
  if (!rows) {
    return std::unexpected(rows.error());
  }
  const double minutes = static_cast<double>(rows->back().at.count()) / 60'000 / options.speed;
  std::fprintf(stderr, "%zu requests over %.1f minutes\n", rows->size(), minutes);
  const ReplayOptions how{options.speed, options.stream_share};
  return compare(options.places, trace_plan(how, std::move(*rows)), options.run);
}

}  // namespace penstock::demo::load
