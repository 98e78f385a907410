#include "operator/simulate/servegen.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include "operator/simulate/random.h"
#include "operator/simulate/trace.h"

namespace penstock::simulate {
namespace {

std::optional<double> amount(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool sound = error == std::errc() && end == text.data() + text.size() &&
                     std::isfinite(value) && value >= 0;
  return sound ? std::optional(value) : std::nullopt;
}

std::optional<RateBin> bin_of(std::string_view line) {
  std::array<std::string_view, 6> cells;
  for (std::string_view& cell : cells) {
    const std::size_t end = std::min(line.find(','), line.size());
    cell = line.substr(0, end);
    line.remove_prefix(std::min(line.size(), end + 1));
  }
  const auto start = amount(cells[0]);
  const auto rate = amount(cells[1]);
  if (!start || !rate) {
    return std::nullopt;
  }
  RateBin bin{.start_s = *start, .requests_per_s = *rate};
  if (cells[3].empty()) {
    return bin;
  }
  const auto shape = amount(cells[4]);
  if (!shape || *shape <= 0 || (cells[3] != "Gamma" && cells[3] != "Weibull")) {
    return std::nullopt;
  }
  bin.spacing = cells[3] == "Gamma" ? Spacing::kGamma : Spacing::kWeibull;
  bin.shape = *shape;
  return bin;
}

double gap(const RateBin& bin, Random& random) {
  switch (bin.spacing) {
    case Spacing::kGamma: return random.gamma(bin.shape);
    case Spacing::kWeibull: return random.weibull(bin.shape);
    case Spacing::kExponential: break;
  }
  return random.exponential();
}

// When the requests of one bin come, in its own length: as many gaps as requests, scaled to go once
// around the bin from a moment of its own. A few gaps are most of a bin where they vary much, so
// from its start on, the requests of every client would come together at its borders.
void place(const RateBin& bin, std::size_t requests, Random& random, std::vector<double>& at) {
  at.clear();
  const double begin = random.uniform();
  double sum = 0;
  for (std::size_t i = 0; i < requests; ++i) {
    sum += gap(bin, random);
    at.push_back(sum);
  }
  for (double& position : at) {
    const double turned = begin + (sum > 0 ? position / sum : 0);
    position = turned - std::floor(turned);
  }
}

double mean_rate(const std::vector<Client>& clients, double bin_s) {
  double requests = 0;
  double end_s = 0;
  for (const Client& client : clients) {
    for (const RateBin& bin : client) {
      requests += bin.requests_per_s * bin_s;
      end_s = std::max(end_s, bin.start_s + bin_s);
    }
  }
  return end_s > 0 ? requests / end_s : 0;
}

}  // namespace

Result<Client> read_client(std::string_view text) {
  Client client;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(text.size(), end + 1));
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    if (line.empty()) {
      continue;
    }
    const std::optional<RateBin> bin = bin_of(line);
    if (!bin) {
      return fail(ErrorCode::kInvalidConfig,
                  "line " + std::to_string(number) +
                      " is not: start, requests/s, variation, Gamma or Weibull, shape, scale");
    }
    client.push_back(*bin);
  }
  return client;
}

Arrivals compose(const std::vector<Client>& clients, const Arrivals& lengths,
                 const Composition& composition) {
  const double published = mean_rate(clients, composition.bin_s);
  Arrivals result;
  if (!(published > 0)) {
    return result;
  }
  const double factor = composition.requests_per_s / published;
  Random random(composition.seed);
  std::vector<double> at;
  for (const Client& client : clients) {
    for (const RateBin& bin : client) {
      const double exact = bin.requests_per_s * factor * composition.bin_s;
      place(bin, static_cast<std::size_t>(std::min(exact + random.uniform(), 1e7)), random, at);
      for (const double position : at) {
        if (result.size() < kArrivalsMax) {
          const double second = bin.start_s + position * composition.bin_s;
          const Arrival& like = lengths[random.next() % lengths.size()];
          result.push_back({std::llround(second * 1e6), like.input_tokens, like.output_tokens});
        }
      }
    }
  }
  std::ranges::sort(result);
  return result;
}

}  // namespace penstock::simulate
