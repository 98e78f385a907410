#pragma once

#include <cstdint>
#include <string>

#include "operator/reconcile/world.h"

namespace penstock::control {

// What `penstock-operator run` is told by its flags and PENSTOCK_… variables.
struct RunOptions {
  std::string kubeconfig;  // empty: the service account of the pod
  std::string context;
  std::string ns;               // of the Lease; empty: that of the service account or context
  std::string watch_namespace;  // empty: all
  std::string identity;         // among replicas; empty: the host's name
  std::string lease = "penstock-operator";
  bool leader_election = true;
  std::string health = "127.0.0.1:15030";
  std::string webhook = "off";
  std::string webhook_secret = "penstock-operator-webhook";
  std::string webhook_configuration = "penstock-inject.penstock.dev";
  std::string decisions;  // where decisions of the autoscaler are recorded; empty: nowhere
  int workers = 4;
  reconcile::Settings settings;
};

}  // namespace penstock::control
