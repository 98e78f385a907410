#include "tests/fakes/fake_api_server.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <optional>
#include <set>
#include <string_view>
#include <thread>
#include <utility>

#include <httplib.h>

namespace penstock::fakes {
namespace {

using json::Value;

struct Change {
  std::int64_t version;
  std::string collection;
  std::string type;
  Value object;
};

struct Path {
  std::string collection;  // "/api/v1/namespaces/NS/PLURAL"
  std::string plural;      // empty: the path names a version, or less
  std::string name;        // empty: the collection
  std::string part;        // "status"
};

Path split(const std::string& path) {
  std::vector<std::string> parts;
  for (std::size_t at = 1; at <= path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    parts.push_back(path.substr(at, end - at));
    at = end + 1;
  }
  // api/VERSION or apis/GROUP/VERSION, then [namespaces/NS/]PLURAL.
  std::size_t head = parts.front() == "api" ? 2 : 3;
  if (parts.size() > head + 1 && parts[head] == "namespaces") {
    head += 2;
  }
  Path result;
  for (std::size_t i = 0; i <= head && i < parts.size(); ++i) {
    result.collection += "/" + parts[i];
  }
  result.plural = parts.size() > head ? parts[head] : "";
  result.name = parts.size() > head + 1 ? parts[head + 1] : "";
  result.part = parts.size() > head + 2 ? parts[head + 2] : "";
  return result;
}

// Whether an object of `stored` belongs to what `asked` names, which may be all namespaces.
bool in_collection(const std::string& stored, const std::string& asked) {
  if (stored == asked) {
    return true;
  }
  const std::size_t ns = stored.find("/namespaces/");
  if (ns == std::string::npos) {
    return false;
  }
  const std::size_t plural = stored.find('/', ns + 12);
  return stored.substr(0, ns) + stored.substr(plural) == asked;
}

// "/spec/a" of every leaf.
void leaves(const Value& value, const std::string& path, std::vector<std::string>& into) {
  if (value.is_object()) {
    for (const auto& item : value.items()) {
      leaves(item.value(), path + "/" + item.key(), into);
    }
  } else {
    into.push_back(path);
  }
}

std::string status_body(int code, const std::string& reason, const std::string& message) {
  return Value({{"kind", "Status"},
                {"apiVersion", "v1"},
                {"status", "Failure"},
                {"code", code},
                {"reason", reason},
                {"message", message}})
      .dump();
}

}  // namespace

class FakeApiServer::State {
 public:
  State() {
    server_.new_task_queue = [] { return new httplib::ThreadPool(32); };
    server_.set_keep_alive_max_count(100'000);
    server_.set_tcp_nodelay(true);
    const auto handle = [this](const httplib::Request& request, httplib::Response& response) {
      answer(request, response);
    };
    server_.Get("/api.*", handle);
    server_.Post("/api.*", handle);
    server_.Put("/api.*", handle);
    server_.Patch("/api.*", handle);
    server_.Delete("/api.*", handle);
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) {
      std::this_thread::yield();
    }
  }

  ~State() {
    {
      const sync::MutexLock lock(mutex_);  // nobody is between looking at it and waiting
      stopping_ = true;
    }
    changed_.notify_all();
    server_.stop();
    thread_.join();
  }

  void answer(const httplib::Request& request, httplib::Response& response) {
    {
      const sync::MutexLock lock(mutex_);
      requests_.push_back(request.method + " " + request.target);
      changed_.notify_all();
      if (!admitted_.empty() && !admitted_.contains(request.get_header_value("Authorization"))) {
        return refuse(response, 401, "Unauthorized");
      }
      for (auto& [prefix, fault] : faults_) {
        if (requests_.back().starts_with(prefix) && fault.second > 0) {
          --fault.second;
          response.status = fault.first.status;
          response.set_content(fault.first.body, "application/json");
          if (!fault.first.retry_after.empty()) {
            response.set_header("Retry-After", fault.first.retry_after);
          }
          return;
        }
      }
    }
    if (request.method == "GET" && request.has_param("watch")) {
      return watch(request, response);
    }
    const sync::MutexLock lock(mutex_);
    wait_where_stalled(request);
    if (const auto found = served_.find(request.path); found != served_.end()) {
      return response.set_content(Value({{"resources", found->second}}).dump(), "application/json");
    }
    const Path path = split(request.path);
    if (path.plural.empty()) {
      return refuse(response, 404, "NotFound");
    }
    if (path.part == "scale") {
      return scale(path, request, response);
    }
    if (request.method == "GET") {
      path.name.empty() ? list(path, request, response) : get(path, response);
    } else if (request.method == "POST") {
      write(path, Value::parse(request.body), "ADDED", 201, response);
    } else if (request.method == "PUT") {
      replace(path, Value::parse(request.body), response);
    } else if (request.method == "PATCH") {
      patch(path, request, response);
    } else {
      remove(path, response);
    }
  }

  void wait_where_stalled(const httplib::Request& request) PENSTOCK_REQUIRES(mutex_) {
    const std::string line = request.method + " " + request.target;
    if (stalled_.empty() || !line.starts_with(stalled_)) {
      return;
    }
    stalled_.clear();
    const int release = releases_;
    while (release == releases_ && !stopping_) {
      changed_.wait(mutex_);
    }
  }

  // Its replicas, as the one thing that is known of it.
  void scale(const Path& path, const httplib::Request& request, httplib::Response& response)
      PENSTOCK_REQUIRES(mutex_) {
    const Value* now = find(path);
    if (now == nullptr) {
      return refuse(response, 404, "NotFound");
    }
    Value object = *now;
    if (request.method == "PATCH") {
      const Value change = Value::parse(request.body);
      const std::string seen = "/metadata/resourceVersion";
      if (change.contains(Value::json_pointer(seen)) &&
          change.at(Value::json_pointer(seen)) != object.at(Value::json_pointer(seen))) {
        return refuse(response, 409, "Conflict");
      }
      object["spec"]["replicas"] = change.at("spec").at("replicas");
      write({path.collection, path.plural, path.name, ""}, object, "MODIFIED", 200, response);
      object = *find(path);
    }
    const Value shown = {{"kind", "Scale"},
                         {"metadata", object["metadata"]},
                         {"spec", {{"replicas", object["spec"]["replicas"]}}},
                         {"status", {{"replicas", 0}, {"selector", "app=x"}}}};
    response.set_content(shown.dump(), "application/json");
  }

  const Value* find(const Path& path) PENSTOCK_REQUIRES(mutex_) {
    const auto found = objects_.find(path.collection + "/" + path.name);
    return found == objects_.end() ? nullptr : &found->second;
  }

  static void refuse(httplib::Response& response, int code, const std::string& reason,
                     const std::string& message = "") {
    response.status = code;
    response.set_content(status_body(code, reason, message.empty() ? "fake: " + reason : message),
                         "application/json");
  }

  void get(const Path& path, httplib::Response& response) PENSTOCK_REQUIRES(mutex_) {
    const Value* object = find(path);
    if (object == nullptr) {
      return refuse(response, 404, "NotFound");
    }
    response.set_content(object->dump(), "application/json");
  }

  void list(const Path& path, const httplib::Request& request, httplib::Response& response)
      PENSTOCK_REQUIRES(mutex_) {
    std::string after;
    std::int64_t version = version_;
    if (request.has_param("continue")) {
      const std::string token = request.get_param_value("continue");
      version = std::stoll(token.substr(0, token.find(':')));
      after = token.substr(token.find(':') + 1);
      if (version < oldest_) {
        return refuse(response, 410, "Expired");
      }
    }
    const std::size_t limit =
        request.has_param("limit") ? std::stoul(request.get_param_value("limit")) : 100'000;
    Value items = Value::array();
    Value metadata = {{"resourceVersion", std::to_string(version)}};
    std::string last;
    for (const auto& [key, object] : objects_) {
      if (key <= after || !in_collection(key.substr(0, key.rfind('/')), path.collection)) {
        continue;
      }
      if (items.size() == limit) {
        metadata["continue"] = std::to_string(version) + ":" + last;
        break;
      }
      items.push_back(object);
      last = key;
    }
    response.set_content(Value({{"kind", "List"}, {"metadata", metadata}, {"items", items}}).dump(),
                         "application/json");
  }

  void write(const Path& path, Value object, const std::string& type, int status,
             httplib::Response& response) PENSTOCK_REQUIRES(mutex_) {
    const std::string name = object["metadata"]["name"];
    const std::string key = path.collection + "/" + name;
    if (status == 201 && objects_.contains(key)) {
      return refuse(response, 409, "AlreadyExists");
    }
    object["metadata"]["resourceVersion"] = std::to_string(++version_);
    if (object["metadata"]["uid"].is_null()) {
      object["metadata"]["uid"] = "uid-" + std::to_string(version_);
    }
    const std::size_t ns = path.collection.find("/namespaces/");
    if (ns != std::string::npos) {
      const std::size_t begin = ns + 12;
      object["metadata"]["namespace"] =
          path.collection.substr(begin, path.collection.find('/', begin) - begin);
    }
    objects_[key] = object;
    history_.push_back({version_, path.collection, type, object});
    changed_.notify_all();
    response.status = status;
    response.set_content(object.dump(), "application/json");
  }

  // A status is written by its own path alone, which takes nothing else but annotations.
  static Value concerned_by(const Path& path, bool exists, Value change) {
    if (path.part != "status") {
      if (exists) {
        change.erase("status");
      }
      return change;
    }
    Value kept = Value::object();
    if (change.contains("status")) {
      kept["status"] = change["status"];
    }
    const Value::json_pointer annotations("/metadata/annotations");
    if (change.contains(annotations)) {
      kept[annotations] = change.at(annotations);
    }
    return kept;
  }

  void replace(const Path& path, Value object, httplib::Response& response)
      PENSTOCK_REQUIRES(mutex_) {
    const Value* now = find(path);
    if (now == nullptr) {
      return refuse(response, 404, "NotFound");
    }
    const Value& version = object["metadata"]["resourceVersion"];
    if (version.is_string() && version != (*now)["metadata"]["resourceVersion"]) {
      return refuse(response, 409, "Conflict");
    }
    write(path, std::move(object), "MODIFIED", 200, response);
  }

  void patch(const Path& path, const httplib::Request& request, httplib::Response& response)
      PENSTOCK_REQUIRES(mutex_) {
    const bool apply = request.get_header_value("Content-Type").starts_with("application/apply");
    const Value* now = find(path);
    Value change = Value::parse(request.body);
    if (now == nullptr && !apply) {
      return refuse(response, 404, "NotFound");
    }
    if (apply) {
      const Value::json_pointer version("/metadata/resourceVersion");
      if (change.contains(version)) {
        if (now != nullptr && change.at(version) != now->at(version)) {
          return refuse(response, 409, "Conflict", "the object has been modified");
        }
        change["metadata"].erase("resourceVersion");
      }
      const std::string manager = request.get_param_value("fieldManager");
      std::vector<std::string> claimed;
      leaves(change, "", claimed);
      for (const std::string& leaf : claimed) {
        std::string& owner = owners_[path.collection + "/" + path.name + leaf];
        const bool same =
            now != nullptr && now->contains(Value::json_pointer(leaf)) &&
            now->at(Value::json_pointer(leaf)) == change.at(Value::json_pointer(leaf));
        if (!owner.empty() && owner != manager && !same &&
            request.get_param_value("force") != "true") {
          return refuse(response, 409, "Conflict");
        }
        owner = manager;
      }
    }
    if (path.part == "status" && now == nullptr) {
      return refuse(response, 404, "NotFound");
    }
    Value object = now == nullptr ? Value::object() : *now;
    object.merge_patch(concerned_by(path, now != nullptr, change));
    if (now != nullptr && object == *now) {
      return response.set_content(now->dump(), "application/json");
    }
    const bool created = now == nullptr;
    write(path, std::move(object), created ? "ADDED" : "MODIFIED", created ? 201 : 200, response);
  }

  void remove(const Path& path, httplib::Response& response) PENSTOCK_REQUIRES(mutex_) {
    const Value* now = find(path);
    if (now == nullptr) {
      return refuse(response, 404, "NotFound");
    }
    Value object = *now;
    object["metadata"]["resourceVersion"] = std::to_string(++version_);
    objects_.erase(path.collection + "/" + path.name);
    history_.push_back({version_, path.collection, "DELETED", object});
    changed_.notify_all();
    response.set_content(object.dump(), "application/json");
  }

  std::string bookmark() PENSTOCK_REQUIRES(mutex_) {
    const Value object = {{"kind", "Fake"},
                          {"apiVersion", "v1"},
                          {"metadata", {{"resourceVersion", std::to_string(version_)}}}};
    return Value({{"type", "BOOKMARK"}, {"object", object}}).dump() + "\n";
  }

  void watch(const httplib::Request& request, httplib::Response& response) {
    const std::string collection = split(request.path).collection;
    const std::int64_t from = std::stoll(request.get_param_value("resourceVersion"));
    struct Progress {
      std::int64_t seen;
      std::size_t injected = 0;
      std::size_t sent = 0;
      std::int64_t epoch = 0;
      bool wants_bookmarks = false;
      std::int64_t bookmarks = 0;
    };
    auto progress = std::make_shared<Progress>(Progress{.seen = from});
    progress->wants_bookmarks = request.get_param_value("allowWatchBookmarks") == "true";
    {
      const sync::MutexLock lock(mutex_);
      progress->injected = injected_.size();
      progress->epoch = epoch_;
      progress->bookmarks = bookmarks_;
      ++watches_;
      changed_.notify_all();
      if (from < oldest_) {
        const Value event = {{"type", "ERROR"},
                             {"object", Value::parse(status_body(410, "Expired", "too old"))}};
        return response.set_content(event.dump() + "\n", "application/json");
      }
    }
    response.set_chunked_content_provider(
        "application/json", [this, collection, progress](std::size_t, httplib::DataSink& sink) {
          std::string text;
          bool end = false;
          {
            const sync::MutexLock lock(mutex_);
            for (;;) {
              end = stopping_ || progress->epoch != epoch_;
              for (const Change& change : history_) {
                if (change.version > progress->seen &&
                    in_collection(change.collection, collection)) {
                  text += Value({{"type", change.type}, {"object", change.object}}).dump() + "\n";
                }
              }
              progress->seen = version_;
              if (std::exchange(progress->bookmarks, bookmarks_) != bookmarks_ &&
                  progress->wants_bookmarks) {
                text += bookmark();
              }
              for (; progress->injected < injected_.size(); ++progress->injected) {
                text += injected_[progress->injected];
              }
              if (end || !text.empty()) {
                break;
              }
              changed_.wait(mutex_);
            }
            if (cut_after_ > 0 && progress->sent + text.size() > cut_after_) {
              text.resize(cut_after_ > progress->sent ? cut_after_ - progress->sent : 0);
              cut_after_ = 0;
              end = true;
            }
          }
          progress->sent += text.size();
          if (!text.empty() && !sink.write(text.data(), text.size())) {
            return false;
          }
          if (end) {
            sink.done();
          }
          return true;
        });
  }

  httplib::Server server_;
  int port_ = 0;
  std::thread thread_;
  std::atomic<bool> stopping_ = false;
  mutable sync::Mutex mutex_;
  sync::Condition changed_;
  std::int64_t version_ PENSTOCK_GUARDED_BY(mutex_) = 100;
  std::int64_t oldest_ PENSTOCK_GUARDED_BY(mutex_) = 0;
  std::int64_t epoch_ PENSTOCK_GUARDED_BY(mutex_) = 0;
  int watches_ PENSTOCK_GUARDED_BY(mutex_) = 0;
  std::int64_t bookmarks_ PENSTOCK_GUARDED_BY(mutex_) = 0;
  std::size_t cut_after_ PENSTOCK_GUARDED_BY(mutex_) = 0;
  std::map<std::string, Value> objects_ PENSTOCK_GUARDED_BY(mutex_);
  std::map<std::string, std::string> owners_ PENSTOCK_GUARDED_BY(mutex_);
  std::vector<Change> history_ PENSTOCK_GUARDED_BY(mutex_);
  std::map<std::string, Value> served_ PENSTOCK_GUARDED_BY(mutex_);  // by path
  std::set<std::string> admitted_ PENSTOCK_GUARDED_BY(mutex_);       // "Bearer TOKEN" or ""
  std::string stalled_ PENSTOCK_GUARDED_BY(mutex_);
  int releases_ PENSTOCK_GUARDED_BY(mutex_) = 0;
  std::vector<std::string> injected_ PENSTOCK_GUARDED_BY(mutex_);
  std::map<std::string, std::pair<Fault, int>> faults_ PENSTOCK_GUARDED_BY(mutex_);
  std::vector<std::string> requests_ PENSTOCK_GUARDED_BY(mutex_);
};

FakeApiServer::FakeApiServer() : state_(std::make_unique<State>()) {}
FakeApiServer::~FakeApiServer() = default;

kube::ClusterConfig FakeApiServer::config() const {
  return {.https = false, .host = "127.0.0.1", .port = state_->port_, .ns = "default"};
}

void FakeApiServer::fail_next(const std::string& prefix, Fault fault, int times) {
  const sync::MutexLock lock(state_->mutex_);
  state_->faults_[prefix] = {std::move(fault), times};
}

void FakeApiServer::stall_next(const std::string& prefix) {
  const sync::MutexLock lock(state_->mutex_);
  state_->stalled_ = prefix;
}

void FakeApiServer::release() {
  const sync::MutexLock lock(state_->mutex_);
  ++state_->releases_;
  state_->changed_.notify_all();
}

void FakeApiServer::admit(const std::set<std::string>& tokens) {
  const sync::MutexLock lock(state_->mutex_);
  state_->admitted_.clear();
  for (const std::string& token : tokens) {
    state_->admitted_.insert(token.empty() ? "" : "Bearer " + token);
  }
}

void FakeApiServer::serve(const std::string& api_version, Value resources) {
  const std::string path = (api_version.contains('/') ? "/apis/" : "/api/") + api_version;
  const sync::MutexLock lock(state_->mutex_);
  if (resources.empty()) {
    state_->served_.erase(path);
  } else {
    state_->served_[path] = std::move(resources);
  }
}

void FakeApiServer::cut_watches_after(std::size_t bytes) {
  const sync::MutexLock lock(state_->mutex_);
  state_->cut_after_ = bytes;
}

void FakeApiServer::send_bookmarks() {
  const sync::MutexLock lock(state_->mutex_);
  ++state_->bookmarks_;
  state_->changed_.notify_all();
}

void FakeApiServer::forget_history() {
  const sync::MutexLock lock(state_->mutex_);
  state_->oldest_ = ++state_->version_;
  state_->history_.clear();
  ++state_->epoch_;
  state_->changed_.notify_all();
}

void FakeApiServer::await_watches(int begun) {
  const sync::MutexLock lock(state_->mutex_);
  while (state_->watches_ < begun) {
    state_->changed_.wait(state_->mutex_);
  }
}

void FakeApiServer::await_requests(const std::string& prefix, std::ptrdiff_t come) {
  const sync::MutexLock lock(state_->mutex_);
  while (std::ranges::count_if(state_->requests_, [&prefix](const std::string& line) {
           return line.starts_with(prefix);
         }) < come) {
    state_->changed_.wait(state_->mutex_);
  }
}

void FakeApiServer::inject(const std::string& raw) {
  const sync::MutexLock lock(state_->mutex_);
  state_->injected_.push_back(raw);
  state_->changed_.notify_all();
}

std::vector<std::string> FakeApiServer::requests() const {
  const sync::MutexLock lock(state_->mutex_);
  return state_->requests_;
}

}  // namespace penstock::fakes
