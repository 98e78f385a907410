#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/api/interception_spec.h"
#include "operator/reconcile/world.h"

namespace penstock::reconcile {

inline constexpr const char* kHostPort = "HostPort";  // the port is the node's as well

// Why an engine keeps the port that it has.
struct FixedPort {
  std::string reason;   // "PortUnread"
  std::string message;  // what is there and what to do, for a person

  bool operator==(const FixedPort&) const = default;
};

// How an engine is told its port, and which it has.
struct EngineShape {
  std::string container;  // its name in the pod
  std::string engine;     // "vLLM"; empty: not known
  std::uint16_t port = 0;
  std::vector<std::string> port_names;  // as its container declares it
  std::string flag;                     // empty: none is known
  std::string flag_alias;               // another spelling of the flag; empty: it has none
  std::string env;                      // empty: none is known
  std::string env_host;  // where that holds host:port, the host that is meant by none
  // Nothing: it can be told another, where a flag or a variable is known.
  std::optional<FixedPort> fixed;
  std::string tls_by;  // what says that it serves TLS itself: "--ssl-keyfile"; empty: nothing does
  std::string unreached_by;  // what says that the sidecar may not reach it; empty: nothing does
  bool has_pre_stop = false;

  bool operator==(const EngineShape&) const = default;
};

struct EngineFinding {
  std::optional<EngineShape> shape;
  std::string problem;  // why there is none: what to set, for a person
};

// Whether a container runs one of the engines that are known (known_engines.h).
bool runs_known_engine(const PodTemplate& pods);

// Finds the engine of such pods: the container that the policy names, else the one that runs a
// known engine, else the only one. Its port is the policy's, else what its flag or variable says,
// else the one it declares, else the engine's default. None where it is said in a place that cannot
// be read and the container declares none: a file, a variable from elsewhere.
EngineFinding find_engine(const PodTemplate& pods, const api::EngineSpec& spec);

}  // namespace penstock::reconcile
