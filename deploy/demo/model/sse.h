#pragma once

#include <string>

#include "deploy/demo/model/answer.h"
#include "deploy/demo/model/simulation.h"

namespace penstock::demo::model {

// Appends one server-sent event in the framing the simulation asks for (line ends, space, comments,
// pings, several data lines). `anthropic` decides what a ping looks like.
void append_event(const EventList::Event& event, const Simulation& simulation, bool anthropic,
                  std::string& out);

}  // namespace penstock::demo::model
