#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "lib/json/text.h"
#include "lib/sync/mutex.h"
#include "operator/kube/cluster_config.h"

namespace penstock::fakes {

// An API server in memory, over plain HTTP on loopback: enough of one for operator/kube, with
// faults on demand. tests/operator/kube/contract_test.cc runs over it and over a real one.
// It knows namespaced objects of any kind: create, get, replace with its version checked, merge
// patch, server-side apply (ownership by leaf), delete, `/status`, `/scale`, lists in pages,
// watches with bookmarks, and discovery of what it is told to serve. Threads: any.
class FakeApiServer {
 public:
  FakeApiServer();
  ~FakeApiServer();
  FakeApiServer(const FakeApiServer&) = delete;
  FakeApiServer& operator=(const FakeApiServer&) = delete;

  [[nodiscard]] kube::ClusterConfig config() const;

  // The next requests that begin with `prefix` ("GET /api/v1/pods") are answered so.
  struct Fault {
    int status = 503;
    std::string body;
    std::string retry_after;  // header; empty: none
  };
  void fail_next(const std::string& prefix, Fault fault, int times = 1);
  // The next request that begins with `prefix` gets no answer, until release().
  void stall_next(const std::string& prefix);
  void release();
  // Who shows no token of these gets 401; what runs goes on. "" stands for who shows none; without
  // any token everybody is let in.
  void admit(const std::set<std::string>& tokens);
  // What "/apis/GROUP/VERSION" says: its resources, {name, kind, namespaced}; an empty list: 404.
  void serve(const std::string& api_version, json::Value resources);
  // Watches end after so many more bytes, in the middle of an event if need be. 0: never.
  void cut_watches_after(std::size_t bytes);
  // Tells every running watch that wants bookmarks of the version of now.
  void send_bookmarks();
  // Ends running watches; versions before now get 410 from here on.
  void forget_history();
  // Returns once as many watches as this were begun.
  void await_watches(int begun);
  // Returns once as many requests that begin so have come.
  void await_requests(const std::string& prefix, std::ptrdiff_t come);
  // Sends these bytes down every running watch.
  void inject(const std::string& raw);

  // "GET /api/v1/pods?limit=250", in the order of their arrival.
  [[nodiscard]] std::vector<std::string> requests() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace penstock::fakes
