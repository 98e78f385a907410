#pragma once

#include <string>

#include "operator/app/load_file.h"

namespace CLI {
class App;
}

namespace penstock::control {

struct SimulateOptions {
  LoadOptions load;
  std::string autoscaler = "penstock";
  double knob = 0;  // 0: the autoscaler's default, or the policy's utilization
  std::string policy;
  std::string engine;  // a file
  std::string start = "90s";
  bool with_node = false;
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

// `penstock-operator simulate`: plays a load to a simulated target and prints what happened. The
// exit code: 0 when it ran, 1 when a file is wrong or cannot be written.
int simulate_load(SimulateOptions options);

}  // namespace penstock::control
