#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "operator/controllers/stores.h"
#include "operator/kube/reflector.h"

namespace penstock::control {

// Keeps stores like the cluster, each kind on a thread of its own, until stop().
class Reflectors {
 public:
  using Failed = std::function<void(const kube::ApiError&)>;

  // `seed` is for pauses after failures. `on_complete` is told, by the thread of its kind, whenever
  // a store may have become complete.
  Reflectors(kube::Transport& transport, std::uint64_t seed, std::function<void()> on_complete)
      : transport_(transport),
        seed_(seed),
        node_seed_(seed + kNodeSeed),
        on_complete_(std::move(on_complete)) {}

  // What decisions about policies look at; of all namespaces, or of `only`.
  void start(controllers::Stores& stores, const std::string& only);
  // Nodes say which accelerators pods have and what room there is: nobody else asks, and a large
  // cluster has many. From the second call on nothing happens. Threads: any.
  void start_nodes(controllers::Stores& stores, const std::string& only);

  template <class T>
  void keep(kube::ObjectStore<T>& store, const kube::ResourceType& type,
            T (*read)(const json::Value&), const kube::Selection& selection,
            const Failed& failed = {}) {
    threads_.push_back(reflecting(type, std::make_shared<kube::StoreSink<T>>(store, read),
                                  selection, ++seed_, failed));
  }

  void stop();

 private:
  static constexpr std::uint64_t kNodeSeed = 1'000;  // apart from those of the others

  std::jthread reflecting(const kube::ResourceType& type, std::shared_ptr<kube::ReflectorSink> sink,
                          const kube::Selection& selection, std::uint64_t seed,
                          const Failed& failed);

  kube::Transport& transport_;
  std::uint64_t seed_;
  const std::uint64_t node_seed_;
  const std::function<void()> on_complete_;
  std::vector<std::jthread> threads_;
  std::once_flag nodes_asked_;
  std::jthread nodes_;
};

}  // namespace penstock::control
