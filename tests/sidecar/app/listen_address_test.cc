#include "sidecar/app/listen_address.h"

#include <string>

#include <gtest/gtest.h>

namespace penstock::app {
namespace {

struct Way {
  std::string listen;
  std::string to;
  bool comes_back;
};

class ListenAddressTakes : public testing::TestWithParam<Way> {};

TEST_P(ListenAddressTakes, WhatComesBack) {
  const auto [listen, to, comes_back] = GetParam();
  const auto address = parse_listen_address(listen);
  ASSERT_TRUE(address) << listen;
  EXPECT_EQ(address->takes(to, 8000), comes_back) << listen << " <- " << to;
  EXPECT_FALSE(address->takes(to, 8001)) << "another port";
}

INSTANTIATE_TEST_SUITE_P(
    Addresses, ListenAddressTakes,
    testing::Values(
        Way{"127.0.0.1:8000", "127.0.0.1", true}, Way{"127.0.0.1:8000", "localhost", true},
        Way{"127.0.0.1:8000", "0.0.0.0", true}, Way{"127.0.0.1:8000", "::ffff:127.0.0.1", true},
        Way{"127.0.0.1:8000", "127.0.0.2", false}, Way{"127.0.0.1:8000", "::1", false},
        Way{"127.0.0.1:8000", "models.example", false}, Way{"localhost:8000", "127.0.0.1", true},
        Way{"localhost:8000", "::1", false}, Way{"[::1]:8000", "localhost", true},
        Way{"[::1]:8000", "0:0:0:0:0:0:0:1", true}, Way{"[::1]:8000", "::", true},
        Way{"[::1]:8000", "127.0.0.1", false}, Way{"0.0.0.0:8000", "127.0.0.2", true},
        Way{"0.0.0.0:8000", "localhost", true}, Way{"0.0.0.0:8000", "::1", false},
        Way{"0.0.0.0:8000", "10.0.0.1", false}, Way{"[::]:8000", "::1", true},
        Way{"[::]:8000", "127.0.0.1", false}, Way{":8000", "127.0.0.1", true},
        Way{":8000", "::1", true}, Way{":8000", "localhost", true}, Way{":8000", "10.0.0.1", false},
        Way{"10.0.0.1:8000", "10.0.0.1", true}, Way{"10.0.0.1:8000", "localhost", false}));

}  // namespace
}  // namespace penstock::app
