#include "operator/kube/list_page.h"

#include <utility>

#include <simdjson.h>

namespace penstock::kube {
namespace {

namespace ondemand = simdjson::ondemand;

std::unexpected<ApiError> broken() {
  return std::unexpected(ApiError{.message = "the API server's list is not valid JSON"});
}

std::string text(ondemand::object& object, std::string_view name) {
  std::string_view found;
  return object.find_field_unordered(name).get_string().get(found) == simdjson::SUCCESS
             ? std::string(found)
             : std::string();
}

bool read_items(ondemand::array& items, const std::function<void(const json::Value&)>& on_item) {
  for (auto item : items) {
    ondemand::object object;
    std::string_view raw;
    if (item.get_object().get(object) != simdjson::SUCCESS ||
        object.raw_json().get(raw) != simdjson::SUCCESS) {
      return false;
    }
    const json::Value parsed = json::Value::parse(raw, nullptr, false);
    if (parsed.is_discarded()) {
      return false;
    }
    on_item(parsed);
  }
  return true;
}

}  // namespace

ApiResult<ListPage> read_list_page(std::string body,
                                   const std::function<void(const json::Value&)>& on_item) {
  body.reserve(body.size() + simdjson::SIMDJSON_PADDING);
  ondemand::parser parser;
  ondemand::document document;
  ondemand::object root;
  ondemand::object metadata;
  if (parser.iterate(body).get(document) != simdjson::SUCCESS ||
      document.get_object().get(root) != simdjson::SUCCESS ||
      root.find_field_unordered("metadata").get_object().get(metadata) != simdjson::SUCCESS) {
    return broken();
  }
  ListPage page{text(metadata, "resourceVersion"), text(metadata, "continue")};
  ondemand::value items;
  if (root.find_field_unordered("items").get(items) == simdjson::SUCCESS && !items.is_null()) {
    ondemand::array list;
    if (items.get_array().get(list) != simdjson::SUCCESS || !read_items(list, on_item)) {
      return broken();
    }
  }
  return page;
}

}  // namespace penstock::kube
