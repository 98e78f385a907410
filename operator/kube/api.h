#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

// One exchange with an API server, without saying how it travels.
namespace penstock::kube {

struct Request {
  std::string method = "GET";
  std::string path;          // with its query
  std::string content_type;  // of the body
  std::string body;
  // How long the server may stay silent; 0: as long as calls usually may.
  std::chrono::milliseconds patience{0};
};

struct Response {
  int status = 0;
  std::optional<std::chrono::seconds> retry_after;
  std::string body;
};

// Why a call has no useful answer.
struct ApiError {
  int status = 0;       // 0: there was no answer at all
  std::string reason;   // the server's word for programs: "Conflict", "Expired"
  std::string message;  // for people, one line; never holds a credential
  std::optional<std::chrono::seconds> retry_after;
  std::string cause;       // the server's more exact word: "DisruptionBudget"; mostly empty
  bool too_large = false;  // there was an answer, longer than is read

  [[nodiscard]] bool forbidden() const { return status == 403; }
  // It is refused until somebody changes something: there is no use in trying soon.
  [[nodiscard]] bool refused() const { return status == 403 || status == 422; }
  [[nodiscard]] bool not_found() const { return status == 404; }
  [[nodiscard]] bool conflict() const { return status == 409; }
  // A conflict with a newer version of the object, not with another manager of its fields.
  [[nodiscard]] bool outdated() const {
    return conflict() && message.contains("the object has been modified");
  }
  [[nodiscard]] bool expired() const { return status == 410; }
  // Too much was asked, which says nothing of what it was about. See also held_by_budget().
  [[nodiscard]] bool busy() const { return status == 429 && !held_by_budget(); }
  // A disruption budget lets nobody evict this pod now.
  [[nodiscard]] bool held_by_budget() const { return status == 429 && cause == "DisruptionBudget"; }
  // Whether it was done all the same nobody knows.
  [[nodiscard]] bool unknown_outcome() const { return status == 0 || status == 504; }
};

template <class T>
using ApiResult = std::expected<T, ApiError>;

// The error that an answer outside 200…299 stands for: the server's Status object where it sent
// one.
ApiError error_of(const Response& response);

// Threads: any number of calls at once.
class Transport {
 public:
  Transport() = default;
  virtual ~Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  // One answer, whatever its status. An error has status 0: refused, cut, too late, too large.
  virtual ApiResult<Response> call(const Request& request) = 0;

  // Hands over the body of a 200 as it arrives, until it ends, `on_bytes` returns false or `stop`
  // is asked for. An answer of another status is collected and returned. An error has status 0.
  virtual ApiResult<Response> stream(const Request& request, std::stop_token stop,
                                     const std::function<bool(std::string_view)>& on_bytes) = 0;
};

}  // namespace penstock::kube
