#include "sidecar/domain/canonical_number.h"

#include <string_view>

#include <gtest/gtest.h>

namespace penstock::domain {
namespace {

struct Case {
  const char* text;
  const char* canonical;
};

class CanonicalNumberTest : public testing::TestWithParam<Case> {};

TEST_P(CanonicalNumberTest, IsWrittenAs) {
  ByteSink out;
  append_canonical_number(out, GetParam().text);
  EXPECT_EQ(out.view(), GetParam().canonical);
}

INSTANTIATE_TEST_SUITE_P(
    Spellings, CanonicalNumberTest,
    testing::Values(
        Case{"1", "i1"}, Case{"1.0", "i1"}, Case{"1e0", "i1"}, Case{"10e-1", "i1"},
        Case{"0.1e1", "i1"}, Case{"1E+0", "i1"}, Case{"100", "i100"}, Case{"1e2", "i100"},
        Case{"-5", "i-5"}, Case{"-5.000", "i-5"},
        // Zero has one form, whatever its sign and exponent.
        Case{"0", "i0"}, Case{"-0", "i0"}, Case{"0.0", "i0"}, Case{"-0.0", "i0"},
        Case{"0e99999", "i0"}, Case{"0e99999999999999999999", "i0"}, Case{"0.7", "d7e-1"},
        Case{"0.70", "d7e-1"}, Case{"7e-1", "d7e-1"}, Case{"70E-02", "d7e-1"},
        Case{"-1.25", "d-125e-2"}, Case{"0.0010", "d1e-3"},
        // Equal as doubles, different as numbers.
        Case{"0.1", "d1e-1"},
        Case{"0.1000000000000000055511151231257827", "d1000000000000000055511151231257827e-34"},
        // Integers keep their digits, also beyond 64 bits.
        Case{"18446744073709551615", "i18446744073709551615"},
        Case{"18446744073709551616", "i18446744073709551616"},
        Case{"-9223372036854775809", "i-9223372036854775809"},
        // Up to fifteen digits a fraction or an exponent makes no difference; above it does.
        Case{"1e14", "i100000000000000"}, Case{"1e15", "d1e15"},
        Case{"999999999999999.0", "i999999999999999"},
        Case{"9007199254740993.0", "d9007199254740993e0"}, Case{"1e400", "d1e400"},
        Case{"10e399", "d1e400"}, Case{"1e-400", "d1e-400"},
        Case{"1e0000000000000000000000002", "i100"}, Case{"1e9999999999", "x1e9999999999"},
        Case{"1e-9999999999", "x1e-9999999999"}));

}  // namespace
}  // namespace penstock::domain
