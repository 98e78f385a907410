#include "operator/kube/list_watch.h"

#include "operator/kube/backoff.h"

namespace penstock::kube {

ListWatch::ListWatch(const ResourceType& type, const Selection& selection, std::uint64_t seed,
                     int page_size)
    : collection_(type.collection(selection.ns)), page_size_(page_size), random_(seed) {
  if (!selection.labels.empty()) {
    selector_ = "&labelSelector=" + escaped(selection.labels);
  }
  if (!selection.fields.empty()) {
    selector_ += "&fieldSelector=" + escaped(selection.fields);
  }
}

ListWatch::Step ListWatch::next() {
  if (wait_) {
    const Wait step{*wait_};
    wait_.reset();
    return step;
  }
  if (listing_) {
    std::string path = collection_ + "?limit=" + std::to_string(page_size_) + selector_;
    if (!continue_token_.empty()) {
      path += "&continue=" + escaped(continue_token_);
    }
    return List{std::move(path)};
  }
  seen_any_ = false;
  return Watch{collection_ +
               "?watch=1&allowWatchBookmarks=true&resourceVersion=" + escaped(version_) +
               "&timeoutSeconds=" + std::to_string(kWatchTime.count()) + selector_};
}

bool ListWatch::listed(std::string_view resource_version, std::string_view continue_token) {
  version_ = resource_version;
  continue_token_ = continue_token;
  listing_ = !continue_token_.empty();
  return !listing_;
}

bool ListWatch::list_failed(const ApiError& error) {
  if (error.too_large && page_size_ > 1) {
    page_size_ /= 2;
    return false;
  }
  // The token of a long list grows old: begin again, at once the first time.
  const bool restart = error.expired() && !continue_token_.empty();
  if (!restart || failures_ > 0) {
    wait(error);
  } else {
    ++failures_;
  }
  const bool had_pages = !continue_token_.empty();
  if (error.expired()) {
    continue_token_.clear();
  }
  return restart && had_pages;
}

void ListWatch::list_abandoned(const ApiError& error) {
  continue_token_.clear();
  wait(error);
}

void ListWatch::seen(std::string_view resource_version) {
  failures_ = 0;
  seen_any_ = true;
  if (!resource_version.empty()) {
    version_ = resource_version;
  }
}

void ListWatch::watch_ended(const std::optional<ApiError>& error, std::chrono::nanoseconds lasted) {
  const bool was_short = lasted < kShortWatch;
  failures_ = was_short ? failures_ : 0;
  if (!error) {
    if (was_short && !seen_any_) {  // as by a proxy that lets no watch last
      wait({});
    }
    return;
  }
  if (error->expired()) {
    listing_ = true;
    continue_token_.clear();
    if (failures_++ > 0) {  // a server that forgets at once must not be listed without pause
      wait(*error);
    }
    return;
  }
  wait(*error);
}

void ListWatch::wait(const ApiError& error) {
  wait_ = retry_delay(++failures_, error.retry_after, random_);
}

}  // namespace penstock::kube
