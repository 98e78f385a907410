#include "operator/kube/client.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "operator/kube/pause.h"

namespace penstock::kube {
namespace {

std::string text_of(const json::Value& object) {
  return object.dump(-1, ' ', false, json::Value::error_handler_t::replace);
}

std::string with_manager(const std::string& path) {
  return path + "?fieldManager=" + std::string(Client::kFieldManager);
}

}  // namespace

ApiResult<json::Value> Client::get(const std::string& path, std::chrono::milliseconds patience) {
  return send({.path = path, .patience = patience});
}

ApiResult<json::Value> Client::create(const std::string& collection, const json::Value& object,
                                      Priority priority, std::chrono::milliseconds patience) {
  return send({.method = "POST",
               .path = with_manager(collection),
               .content_type = "application/json",
               .body = text_of(object),
               .patience = patience},
              priority);
}

ApiResult<json::Value> Client::update(const std::string& path, const json::Value& object,
                                      std::chrono::milliseconds patience) {
  return send({.method = "PUT",
               .path = with_manager(path),
               .content_type = "application/json",
               .body = text_of(object),
               .patience = patience});
}

// JSON is YAML, and apply takes nothing that calls itself JSON.
ApiResult<json::Value> Client::apply(const std::string& path, const json::Value& object,
                                     Conflicts conflicts, Priority priority) {
  return send({.method = "PATCH",
               .path = with_manager(path) +
                       (conflicts == Conflicts::kTake ? "&force=true" : "&force=false"),
               .content_type = "application/apply-patch+yaml",
               .body = text_of(object)},
              priority);
}

ApiResult<void> Client::apply_status(const ResourceType& type, const ObjectMeta& of,
                                     const json::Value& status, Conflicts conflicts) {
  json::Value metadata{{"name", of.name}, {"namespace", of.ns}};
  if (!of.resource_version.empty()) {
    metadata["resourceVersion"] = of.resource_version;
  }
  const ApiResult<json::Value> written = apply(type.object(of.ns, of.name, "status"),
                                               {{"apiVersion", type.api_version()},
                                                {"kind", type.kind},
                                                {"metadata", std::move(metadata)},
                                                {"status", status}},
                                               conflicts, Priority::kReport);
  if (!written && !written.error().not_found()) {
    return std::unexpected(written.error());
  }
  return {};
}

ApiResult<json::Value> Client::merge(const std::string& path, const json::Value& patch,
                                     Priority priority) {
  return send({.method = "PATCH",
               .path = with_manager(path),
               .content_type = "application/merge-patch+json",
               .body = text_of(patch)},
              priority);
}

ApiResult<json::Value> Client::strategic_merge(const std::string& path, const json::Value& patch) {
  return send({.method = "PATCH",
               .path = with_manager(path),
               .content_type = "application/strategic-merge-patch+json",
               .body = text_of(patch)});
}

ApiResult<void> Client::remove(const std::string& path) {
  ApiResult<json::Value> answer = send({.method = "DELETE", .path = path});
  if (!answer) {
    return std::unexpected(std::move(answer).error());
  }
  return {};
}

ApiResult<json::Value> Client::send(Request request, Priority priority) {
  if (!await_turn(priority)) {
    return std::unexpected(ApiError{.message = "the operator is stopping"});
  }
  // After the wait: leading may have ended meanwhile.
  if (request.method != "GET" && may_write_ && !may_write_()) {
    return std::unexpected(ApiError{.message = "this replica does not lead"});
  }
  const ApiResult<Response> answer = transport_.call(request);
  if (!answer) {
    return std::unexpected(answer.error());
  }
  if (answer->status < 200 || answer->status > 299) {
    return std::unexpected(error_of(*answer));
  }
  json::Value object = json::Value::parse(answer->body, nullptr, false);
  if (!object.is_object()) {
    return std::unexpected(ApiError{.message = "the API server's answer is no object"});
  }
  return object;
}

bool Client::await_turn(Priority priority) {
  const std::stop_token stop = stop_.get_token();
  while (true) {
    RateLimiter::Turn turn;
    {
      const sync::MutexLock lock(mutex_);
      turn = limiter_.take(clock_.now(), priority);
    }
    if (!pause(turn.wait, stop)) {
      return false;
    }
    if (turn.granted) {
      return true;
    }
  }
}

}  // namespace penstock::kube
