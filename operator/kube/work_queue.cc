#include "operator/kube/work_queue.h"

#include "operator/kube/backoff.h"

namespace penstock::kube {

void WorkQueue::add(std::string_view key) {
  if (working_.contains(key)) {
    again_.emplace(key);
    return;
  }
  enqueue(std::string(key));
}

void WorkQueue::add_at(std::string_view key, Instant due) {
  const auto found = delayed_.find(key);
  if (found != delayed_.end()) {
    if (found->second <= due) {
      return;
    }
    by_due_.erase({found->second, found->first});
    found->second = due;
  } else {
    delayed_.emplace(key, due);
  }
  by_due_.emplace(due, std::string(key));
}

void WorkQueue::retry(std::string_view key, Instant now,
                      std::optional<std::chrono::seconds> retry_after) {
  const unsigned failures = ++failures_[std::string(key)];
  add_at(key, now + retry_delay(failures, retry_after, random_));
}

std::optional<std::string> WorkQueue::take(Instant now) {
  release_due(now);
  if (turns_.empty()) {
    return std::nullopt;
  }
  std::string ns = std::move(turns_.front());
  turns_.pop_front();
  std::deque<std::string>& keys = by_namespace_[ns];
  std::string key = std::move(keys.front());
  keys.pop_front();
  if (keys.empty()) {
    by_namespace_.erase(ns);
  } else {
    turns_.push_back(std::move(ns));
  }
  waiting_.erase(key);
  working_.insert(key);
  return key;
}

void WorkQueue::done(std::string_view key, bool succeeded) {
  if (succeeded) {
    if (const auto found = failures_.find(key); found != failures_.end()) {
      failures_.erase(found);
    }
  }
  if (const auto found = working_.find(key); found != working_.end()) {
    working_.erase(found);
  }
  if (const auto found = again_.find(key); found != again_.end()) {
    const std::string again = *found;
    again_.erase(found);
    enqueue(again);
  }
}

std::optional<WorkQueue::Instant> WorkQueue::next_due() const {
  return by_due_.empty() ? std::nullopt : std::optional(by_due_.begin()->first);
}

void WorkQueue::release_due(Instant now) {
  while (!by_due_.empty() && by_due_.begin()->first <= now) {
    const std::string key = by_due_.begin()->second;
    by_due_.erase(by_due_.begin());
    delayed_.erase(key);
    add(key);
  }
}

void WorkQueue::enqueue(const std::string& key) {
  if (!waiting_.insert(key).second) {
    return;
  }
  std::string ns = key.substr(0, key.find('/'));
  std::deque<std::string>& keys = by_namespace_[ns];
  keys.push_back(key);
  if (keys.size() == 1) {
    turns_.push_back(std::move(ns));
  }
}

}  // namespace penstock::kube
