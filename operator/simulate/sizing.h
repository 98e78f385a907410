#pragma once

#include <vector>

#include "operator/autoscale/queue_model.h"
#include "operator/simulate/arrival.h"
#include "operator/simulate/engine.h"
#include "operator/simulate/ledger.h"

// What a load asks of replicas, known beforehand: what people measure before they set an autoscaler
// up, and what an oracle knows.
namespace penstock::simulate {

// The mean request of a load.
autoscale::RequestShape shape_of(const Arrivals& load);

// The batch that the engine's limits allow for such requests.
autoscale::EngineBounds bounds_of(const EngineModel& engine, const autoscale::RequestShape& shape);

// lambda* of the queue model for such requests, with the promise as a 95th percentile of
// exponential waits; requests/s of one replica. At least 0.001.
double sustainable_per_s(const EngineModel& engine, const autoscale::RequestShape& shape,
                         const Promise& promise);

// Replicas that each second's arrivals keep busy: a request counts 1 / lambda* times what it costs
// (tokens computed and attended to, by the engine's b and g) against the mean request. Entry i is
// of second i.
std::vector<double> busy_replicas(const Arrivals& load, const EngineModel& engine,
                                  const Promise& promise);

// Enough for the first ten minutes of it; at least 1.
int replicas_at_start(const std::vector<double>& busy);

}  // namespace penstock::simulate
