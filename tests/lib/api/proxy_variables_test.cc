#include "lib/api/proxy_variables.h"

#include <gtest/gtest.h>

namespace penstock::api {
namespace {

TEST(ProxyVariablesTest, InWhicheverCase) {
  for (const char* name : {"HTTP_PROXY", "https_proxy", "All_Proxy"}) {
    EXPECT_TRUE(names_proxy(name)) << name;
  }
  for (const char* name : {"NO_PROXY", "PROXY", "FTP_PROXY", "HTTP_PROXY_"}) {
    EXPECT_FALSE(names_proxy(name)) << name;
  }
}

TEST(ProxyVariablesTest, LoopbackIsExemptByItsAddressOrWithEverything) {
  for (const char* value : {"127.0.0.1", ".svc, 127.0.0.1 ,x", "*", "a,*"}) {
    EXPECT_TRUE(exempts_loopback("no_proxy", value)) << value;
    EXPECT_TRUE(exempts_loopback("NO_PROXY", value)) << value;
    EXPECT_FALSE(exempts_loopback("HTTP_PROXY", value)) << value;
  }
  for (const char* value : {"", ",", "localhost", "10.127.0.0.1", "127.0.0.1:80", "*.svc"}) {
    EXPECT_FALSE(exempts_loopback("NO_PROXY", value)) << value;
  }
}

}  // namespace
}  // namespace penstock::api
