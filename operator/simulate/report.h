#pragma once

#include <string>

#include "operator/simulate/simulation.h"

// A run as text for programs.
namespace penstock::simulate {

// One object: what the run was, and its summary.
std::string summary_json(const std::string& load, const std::string& autoscaler, double knob,
                         const Summary& summary);

// A row an interval, with a header. Cells of what was not forecast are empty.
std::string intervals_csv(const Outcome& run);

}  // namespace penstock::simulate
