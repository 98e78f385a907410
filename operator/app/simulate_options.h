#pragma once

#include <string>

#include "operator/app/load_file.h"

namespace CLI {
class App;
}

namespace penstock::control {

// The flags of `penstock-operator simulate`; durations as they are written, and checked.
struct SimulateOptions {
  LoadOptions load;
  std::string autoscaler = "penstock";
  double knob = 0;  // 0: the autoscaler's default, or the policy's utilization
  std::string policy;
  std::string engine;  // a file
  std::string start = "90s";
  std::string node_start;  // empty: no nodes are simulated
  int replicas_per_node = 1;
  int replicas = 0;  // at the start; 0: as many as the first minutes need
  std::string ttft = "2s";
  std::string tpot = "50ms";
  std::string duration;
  std::string interval = "1m";
  std::string json;
  std::string csv;
  std::string html;
  std::string decisions;
};

void add_simulate_options(CLI::App& command, SimulateOptions& options);

}  // namespace penstock::control
