#include "deploy/demo/load/outcome.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <span>

#include "deploy/demo/wire/message.h"

namespace penstock::demo::load {
namespace {

double percentile(std::vector<double> values, double part) {
  if (values.empty()) {
    return 0;
  }
  const auto rank = static_cast<std::size_t>(std::ceil(part * static_cast<double>(values.size())));
  const std::size_t index = std::clamp<std::size_t>(rank, 1, values.size()) - 1;
  std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(index));
  return values[index];
}

std::int64_t last_number(std::string_view body, std::span<const std::string_view> names) {
  for (const std::string_view name : names) {
    const auto at = body.rfind(name);
    if (at == std::string_view::npos) {
      continue;
    }
    const std::string_view rest = body.substr(at + name.size());
    const auto digits = rest.substr(0, rest.find_first_not_of("0123456789"));
    return static_cast<std::int64_t>(wire::number(digits).value_or(0));
  }
  return 0;
}

std::string milliseconds(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), value < 10 ? "%.2f ms" : "%.0f ms", value);
  return text.data();
}

std::string counted(std::int64_t count) {
  return count < 0 ? "?" : std::to_string(count);
}

std::string share(std::size_t part, std::size_t whole) {
  const double percent =
      whole == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%zu (%.0f %%)", part, percent);
  return text.data();
}

class Table {
 public:
  explicit Table(bool two_sides) : two_sides_(two_sides) {}

  void row(std::string_view name, const std::string& with, const std::string& direct) {
    const auto pad = [this](std::string_view text, std::size_t width) {
      out_ += text;
      out_.append(width > text.size() ? width - text.size() : 1, ' ');
    };
    pad(name, 34);
    if (two_sides_) {
      pad(with, 26);
      out_ += direct;
    } else {
      out_ += with;
    }
    out_ += '\n';
  }

  [[nodiscard]] std::string text() const { return out_; }

 private:
  const bool two_sides_;
  std::string out_;
};

}  // namespace

CacheState cache_state(std::string_view cache_status) {
  if (cache_status.empty()) {
    return CacheState::kUnknown;
  }
  if (cache_status.contains("; hit") || cache_status.contains(";hit")) {
    return CacheState::kHit;
  }
  if (cache_status.contains("collapsed")) {
    return CacheState::kCollapsed;
  }
  return cache_status.contains("fwd=bypass") ? CacheState::kBypass : CacheState::kMiss;
}

SeenUsage seen_usage(std::string_view body) {
  constexpr std::array<std::string_view, 2> kInput = {"\"prompt_tokens\":", "\"input_tokens\":"};
  constexpr std::array<std::string_view, 2> kOutput = {"\"completion_tokens\":",
                                                       "\"output_tokens\":"};
  return {last_number(body, kInput), last_number(body, kOutput)};
}

void Tally::add(const Outcome& outcome) {
  ++requests_;
  ++statuses_[outcome.status];
  late_.push_back(outcome.late_ms);
  if (!outcome.good()) {
    ++errors_;
    return;
  }
  ++states_[outcome.cache];
  input_ += outcome.input_tokens;
  output_ += outcome.output_tokens;
  first_.push_back(outcome.first_ms);
  total_.push_back(outcome.total_ms);
}

std::size_t Tally::count(CacheState state) const {
  const auto found = states_.find(state);
  return found == states_.end() ? 0 : found->second;
}

double Tally::first_ms(double part) const {
  return percentile(first_, part);
}
double Tally::total_ms(double part) const {
  return percentile(total_, part);
}
double Tally::late_ms(double part) const {
  return percentile(late_, part);
}

std::string table(const Tally& with, const Tally* direct, const Facts& facts) {
  constexpr double kMedian = 0.50;
  constexpr double kTail = 0.99;
  Table out(direct != nullptr);
  const Tally none;
  const Tally& other = direct != nullptr ? *direct : none;
  const auto number = [](auto value) { return std::to_string(value); };
  if (direct != nullptr) {
    out.row("", "with Penstock", "without");
  }
  out.row("requests", number(with.requests()), number(other.requests()));
  out.row("errors", number(with.errors()), number(other.errors()));
  for (const auto& [status, count] : with.statuses()) {
    if (status < 200 || status > 299) {
      out.row("  status " + (status == 0 ? "none" : number(status)), number(count), "");
    }
  }
  out.row("answered from the cache", share(with.count(CacheState::kHit), with.requests()), "-");
  out.row("joined a call in flight", share(with.count(CacheState::kCollapsed), with.requests()),
          "-");
  out.row("calls that reached the model", counted(facts.reached_upstream),
          counted(facts.reached_upstream_direct));
  out.row("tokens in / out, as clients saw",
          number(with.input_tokens()) + " / " + number(with.output_tokens()),
          number(other.input_tokens()) + " / " + number(other.output_tokens()));
  const auto known = [](const std::string& figure) { return figure.empty() ? "?" : figure; };
  out.row("tokens used / saved, by Penstock",
          known(facts.tokens_used) + " / " + known(facts.tokens_saved), "-");
  out.row("USD paid / saved, by Penstock", known(facts.cost) + " / " + known(facts.saved), "-");
  out.row("time to first token, p50", milliseconds(with.first_ms(kMedian)),
          milliseconds(other.first_ms(kMedian)));
  out.row("time to first token, p99", milliseconds(with.first_ms(kTail)),
          milliseconds(other.first_ms(kTail)));
  out.row("whole answer, p50", milliseconds(with.total_ms(kMedian)),
          milliseconds(other.total_ms(kMedian)));
  out.row("whole answer, p99", milliseconds(with.total_ms(kTail)),
          milliseconds(other.total_ms(kTail)));
  if (with.late_ms(kTail) >= 1) {
    out.row("sent later than planned, p99", milliseconds(with.late_ms(kTail)),
            milliseconds(other.late_ms(kTail)));
  }
  return out.text();
}

}  // namespace penstock::demo::load
