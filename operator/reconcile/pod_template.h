#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

// The shape of pods, as far as it is looked at.
namespace penstock::reconcile {

struct EnvVar {
  std::string name;
  std::string value;
  bool from_elsewhere = false;  // valueFrom: nobody here knows the value
  std::string field_path = {};  // what of the pod that is: "status.podIP"; empty: nothing of it

  auto operator<=>(const EnvVar&) const = default;
};

// Of TCP: HTTP is nothing else.
struct Port {
  std::string name;  // may be empty
  std::int64_t number = 0;
  bool of_host = false;  // it is the node's as well

  auto operator<=>(const Port&) const = default;
};

struct Container {
  std::string name;
  std::string image;
  std::vector<std::string> command;
  std::vector<std::string> args;
  std::vector<EnvVar> env;
  std::vector<Port> ports;
  std::vector<std::string> probed_by_tls;  // names or numbers of ports that probes ask by HTTPS
  std::vector<std::string> probe_words;    // words of the commands of its probes and hooks
  bool has_env_from = false;               // there may be variables that nobody here knows
  bool has_pre_stop = false;

  auto operator<=>(const Container&) const = default;
};

// What a workload makes, or what a pod is.
struct PodTemplate {
  std::map<std::string, std::string> labels;
  std::vector<Container> containers;
  std::vector<Container> init_containers;
  bool host_network = false;
  bool opted_out = false;

  auto operator<=>(const PodTemplate&) const = default;
};

}  // namespace penstock::reconcile
