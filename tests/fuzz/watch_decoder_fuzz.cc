#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "operator/kube/list_page.h"
#include "operator/kube/watch_decoder.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

using penstock::kube::WatchDecoder;

namespace {

// What a body gives, cut in pieces of `size`: versions of its events, and how it ended.
std::vector<std::string> events_of(std::string_view body, std::size_t size) {
  WatchDecoder decoder;
  std::vector<std::string> events;
  for (std::size_t at = 0; at < body.size(); at += size) {
    decoder.feed(body.substr(at, size));
    for (;;) {
      const auto event = decoder.next();
      if (!event) {
        events.push_back("error " + std::to_string(event.error().status));
        return events;
      }
      if (!*event) {
        break;
      }
      events.push_back(
          (*event)->object.dump(-1, ' ', false, penstock::json::Value::error_handler_t::replace));
    }
  }
  return events;
}

}  // namespace

// A watch means the same wherever the network cuts it, and a list that is no list is an error.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const std::vector<std::string> whole = events_of(body, size == 0 ? 1 : size);
  if (events_of(body, 1) != whole || events_of(body, 7) != whole) {
    std::abort();
  }
  std::size_t items = 0;
  const auto page = penstock::kube::read_list_page(
      std::string(body),
      [&items](const penstock::json::Value& item) { items += item.is_object() ? 1 : 0; });
  if (page && page->resource_version.size() > size) {
    std::abort();
  }
  return 0;
}
