#include "deploy/demo/server/shared.h"

#include <vector>

#include "deploy/demo/model/text.h"
#include "deploy/demo/wire/message.h"

namespace penstock::demo::server {
namespace {

// The value of one query parameter; nothing here is ever percent-encoded.
std::string_view parameter(std::string_view target, std::string_view name) {
  const auto question = target.find('?');
  if (question == std::string_view::npos) {
    return {};
  }
  std::string_view query = target.substr(question + 1);
  while (!query.empty()) {
    const auto end = query.find('&');
    const std::string_view item = query.substr(0, end);
    const auto equals = item.find('=');
    if (equals != std::string_view::npos && item.substr(0, equals) == name) {
      return item.substr(equals + 1);
    }
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
  }
  return {};
}

void reset(Shared& shared) {
  shared.holds.release({});
  shared.journal.clear();
  shared.uses.clear();
  shared.preset.set({});
  shared.counters.requests = 0;
  shared.counters.connections = 0;
  shared.counters.aborted = 0;
  shared.counters.events = 0;
  for (auto& count : shared.counters.by_operation) {
    count = 0;
  }
}

}  // namespace

Holds::Ticket Holds::add(const std::string& id, std::function<void()> wake) {
  const std::scoped_lock lock(mutex_);
  Ticket ticket{id, next_++};
  waiting_.emplace(ticket, std::move(wake));
  return ticket;
}

void Holds::remove(const Ticket& ticket) {
  const std::scoped_lock lock(mutex_);
  waiting_.erase(ticket);
}

std::size_t Holds::release(const std::string& id) {
  std::vector<std::function<void()>> wakes;
  {
    const std::scoped_lock lock(mutex_);
    for (auto at = waiting_.begin(); at != waiting_.end();) {
      if (id.empty() || at->first.first == id) {
        wakes.push_back(std::move(at->second));
        at = waiting_.erase(at);
      } else {
        ++at;
      }
    }
  }
  for (const auto& wake : wakes) {
    wake();
  }
  return wakes.size();
}

std::size_t Holds::count(const std::string& id) const {
  const std::scoped_lock lock(mutex_);
  std::size_t sum = 0;
  for (const auto& [ticket, wake] : waiting_) {
    sum += id.empty() || ticket.first == id ? 1 : 0;
  }
  return sum;
}

std::string Preset::get() const {
  const std::scoped_lock lock(mutex_);
  return value_;
}

void Preset::set(std::string value) {
  const std::scoped_lock lock(mutex_);
  value_ = std::move(value);
}

model::Answer control(Shared& shared, std::string_view method, std::string_view target,
                      std::string_view body) {
  model::Answer answer;
  const std::string_view path = target.substr(0, target.find('?'));
  const std::string id(parameter(target, "id"));
  if (method == "GET" && path.ends_with("/journal")) {
    const auto after = wire::number(parameter(target, "after"));
    answer.body = shared.journal.json(after.value_or(0), parameter(target, "bodies") == "1");
  } else if (method == "GET" && path.ends_with("/counters")) {
    answer.body = counters_json(shared.counters, shared.holds.count(id));
  } else if (method == "POST" && path.ends_with("/release")) {
    answer.body = "{\"released\":" + std::to_string(shared.holds.release(id)) + "}";
  } else if (method == "POST" && path.ends_with("/reset")) {
    reset(shared);
    answer.body = "{}";
  } else if (method == "POST" && path.ends_with("/preset")) {
    const auto understood = model::Simulation::parse(body);
    answer.status = understood ? 200 : 400;
    if (understood) {
      shared.preset.set(std::string(body));
    }
    answer.body = "{}";
  } else {
    answer.status = 404;
    answer.body = R"({"error":"GET journal, GET counters, POST release, POST reset, POST preset"})";
  }
  return answer;
}

}  // namespace penstock::demo::server
