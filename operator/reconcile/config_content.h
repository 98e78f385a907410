#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "operator/reconcile/listener_kind.h"

namespace penstock::reconcile {

// What a ConfigMap holds, by the names of the files that it becomes.
struct ConfigContent {
  std::map<std::string, std::string> text;
  std::map<std::string, std::string> bytes;  // compressed: names end in ".gz"
  // Of the sidecars that run it, which no file has to be read for.
  ListenerKind listener = ListenerKind::kPlain;
};

// What was delivered to a policy's sidecars.
struct DeliveredConfig {
  std::string hash;
  ConfigContent content;
};

// A ConfigMap may hold 1 MiB; what is around the content needs room as well.
inline constexpr std::size_t kConfigBytesMax = 900'000;

// As text, readable for people, while it is small; else compressed. The listener is the default.
ConfigContent content_of(const std::map<std::string, std::string>& files);

std::size_t size_of(const ConfigContent& content);

// Tells two texts apart, as the versions of policies are.
std::string fingerprint(const std::string& text);

}  // namespace penstock::reconcile
