#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "operator/reconcile/world.h"

namespace penstock::reconcile {

// An engine, how it is recognised, and how it takes its port, as it documents that.
struct KnownEngine {
  std::string_view name;
  std::array<std::string_view, 3> images;    // in an image's name, words joined by '-'
  std::array<std::string_view, 3> programs;  // "vllm serve", or a module that Python runs
  std::string_view not_with;                 // how the word after its program must not begin
  std::string_view flag;                     // empty: it has none
  std::string_view flag_alias;               // another spelling of the flag; empty: there is none
  std::string_view config;                   // names a file that may hold the port; empty: none
  std::string_view env;
  std::string_view host_flag;    // says on which address it listens; empty: it has none
  std::string_view host_env;     // or this, perhaps with a port; empty: none does
  bool ipv6_alone = false;       // where it is told "::", it takes no IPv4
  bool any_name_is_all = false;  // where it is told no IP address, it takes all addresses
  std::string_view env_host;     // where `env` holds host:port, the host that is meant by none
  std::uint16_t port = 0;        // where nothing says another
  bool port_of_image = false;    // its images say that port: started elsewhere it may have another
  // Its images' arguments begin with what its program is to do.
  bool told_by_arguments = false;
  std::array<std::string_view, 2> not_tags;  // how tags begin of images that start something else
};

struct Recognition {
  const KnownEngine* engine = nullptr;  // none: not recognised
  bool by_image = false;                // the image's name says so, too
};

// The engine that a container runs, by the program that its command and arguments start; where they
// start none by name, by the name of its image's repository, without registry, tag and digest.
// Values of options tell nothing, nor does an image whose program is another.
Recognition recognise_engine(const Container& container);

}  // namespace penstock::reconcile
