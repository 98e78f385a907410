#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "lib/json/text.h"
#include "operator/kube/api.h"

namespace penstock::kube {

struct ListPage {
  std::string resource_version;
  std::string continue_token;  // empty: the last page
};

// Reads one page of a list. Each item is parsed by itself and gone before the next, so that a page
// of large objects is never held as a whole tree.
ApiResult<ListPage> read_list_page(std::string body,
                                   const std::function<void(const json::Value&)>& on_item);

}  // namespace penstock::kube
