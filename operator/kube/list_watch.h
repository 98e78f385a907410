#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "operator/kube/api.h"
#include "operator/kube/resource_type.h"

namespace penstock::kube {

// Which objects of a collection.
struct Selection {
  std::string_view ns = {};      // empty: of all namespaces
  std::string_view labels = {};  // as kubectl's --selector
  std::string_view fields = {};  // as kubectl's --field-selector
};

// The order of requests that keeps a copy of a collection: list in pages, then watch from the
// list's version, then watch again from the last version seen; list anew once that version is too
// old (410). No I/O: it says what to do next and is told what came of it.
class ListWatch {
 public:
  // Objects a page: few enough that a page of large ones is soon parsed and gone.
  static constexpr int kPageSize = 250;
  static constexpr std::chrono::seconds kWatchTime{290};

  struct List {
    std::string path;
  };
  struct Watch {
    std::string path;
  };
  struct Wait {
    std::chrono::milliseconds time;
  };
  using Step = std::variant<List, Watch, Wait>;

  // `seed` spreads the waits of several of these.
  ListWatch(const ResourceType& type, const Selection& selection, std::uint64_t seed,
            int page_size = kPageSize);

  Step next();

  // A watch that ended sooner, and told of nothing, is not begun again at once.
  static constexpr std::chrono::milliseconds kShortWatch{1'000};

  // After List. True: that was the last page, the copy is complete.
  bool listed(std::string_view resource_version, std::string_view continue_token);
  // True: pages that came before belong to a list that is no more; drop them. Where the page was
  // too large, half as many objects are asked for from here on.
  bool list_failed(const ApiError& error);

  // The page could not be read: drop all pages and begin again.
  void list_abandoned(const ApiError& error);

  // During Watch: the version of an event or bookmark.
  void seen(std::string_view resource_version);
  // The watch is over after so long: the server ended it as it does every few minutes, or an error
  // did.
  void watch_ended(const std::optional<ApiError>& error, std::chrono::nanoseconds lasted);

 private:
  void wait(const ApiError& error);

  std::string collection_;
  int page_size_;
  std::string selector_;
  std::string version_;         // empty: list first
  std::string continue_token_;  // of the next page
  std::optional<std::chrono::milliseconds> wait_;
  std::uint64_t random_;
  unsigned failures_ = 0;  // in a row, lists and watches alike: that a list worked proves no watch
  bool seen_any_ = false;  // by this watch
  bool listing_ = true;
};

}  // namespace penstock::kube
