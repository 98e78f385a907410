#include "operator/webhook/certificates.h"

#include <gtest/gtest.h>

namespace penstock::webhook {
namespace {

using std::chrono::days;
using std::chrono::hours;

const std::vector<std::string> kHosts = {"penstock-webhook.penstock-system.svc", "10.0.0.1"};
const Time kStart{std::chrono::sys_days(std::chrono::year(2026) / 1 / 1)};

// API servers that trust what stands in the Secret.
Callers callers(const Certificates& current) {
  return {kHosts, {current.bundle()}};
}

Certificates renew(const Certificates& current, Time now) {
  const auto next = renewed(current, callers(current), now);
  EXPECT_TRUE(next && *next) << "something was due";
  return **next;
}

bool settled(const Certificates& current, Time now) {
  const auto next = renewed(current, callers(current), now);
  return next && !*next;
}

TEST(CertificatesTest, TheFirstIsSignedAtOnceAndHoldsForEveryHost) {
  const Certificates made = renew({}, kStart);
  ASSERT_EQ(made.authorities.size(), 1U);
  EXPECT_TRUE(is_signed_by(made.server, made.authorities[0]));
  EXPECT_TRUE(holds_for(made.server, kHosts));
  EXPECT_FALSE(holds_for(made.server, {"elsewhere.svc"}));
  EXPECT_TRUE(settled(made, kStart)) << "nothing is due twice";
  EXPECT_TRUE(settled(made, kStart + days(59)));
}

TEST(CertificatesTest, TheServersIsReplacedAThirdOfItsLifeBeforeItsEnd) {
  const Certificates first = renew({}, kStart);
  const Certificates second = renew(first, kStart + days(61));
  EXPECT_NE(second.server.certificate_pem, first.server.certificate_pem);
  EXPECT_EQ(second.bundle(), first.bundle()) << "the same authority";
}

// A third of its life before the end of the first: the second stands beside it.
Certificates with_two_authorities() {
  Certificates current = renew({}, kStart);
  for (const int day : {61, 122, 183, 244}) {
    current = renew(current, kStart + days(day));
  }
  return current;
}

TEST(CertificatesTest, ANewAuthorityIsTrustedBeforeItSigns) {
  const Certificates current = with_two_authorities();
  ASSERT_EQ(current.authorities.size(), 2U);
  EXPECT_TRUE(is_signed_by(current.server, current.authorities[0]));
  const Time made = kStart + days(244);
  EXPECT_TRUE(settled(current, made + hours(1) - std::chrono::minutes(1)));
  EXPECT_TRUE(settled(current, made + hours(1))) << "that it has settled makes nothing due";
  const Certificates after = renew(current, made + days(61));
  EXPECT_TRUE(is_signed_by(after.server, after.authorities[1]));
  EXPECT_EQ(after.authorities.size(), 2U) << "API servers may still hold the old bundle only";
}

TEST(CertificatesTest, AnAuthorityThatSomeCallerDoesNotTrustSignsNothing) {
  const Certificates current = with_two_authorities();
  const std::string old = current.authorities[0].certificate_pem;
  const Time due = kStart + days(244 + 61);
  const auto next = renewed(current, {kHosts, {current.bundle(), old}}, due);
  ASSERT_TRUE(next && *next);
  EXPECT_TRUE(is_signed_by((*next)->server, current.authorities[0]));
}

TEST(CertificatesTest, AnExpiredAuthorityGoes) {
  Certificates current = renew({}, kStart);
  const Time late = kStart + days(300);
  current = renew(current, late);
  ASSERT_EQ(current.authorities.size(), 2U);
  current = renew(current, late + days(61));
  current = renew(current, kStart + days(366));
  EXPECT_EQ(current.authorities.size(), 1U);
  EXPECT_TRUE(is_signed_by(current.server, current.authorities[0]));
}

TEST(CertificatesTest, AfterALongSleepEverythingIsNew) {
  const Certificates old = renew({}, kStart);
  const Certificates now = renew(old, kStart + days(1'000));
  ASSERT_EQ(now.authorities.size(), 1U);
  EXPECT_NE(now.bundle(), old.bundle());
  EXPECT_TRUE(settled(now, kStart + days(1'000)));
}

TEST(CertificatesTest, AClockThatWasAheadIsCorrected) {
  const Certificates ahead = renew({}, kStart + days(30));
  const Certificates now = renew(ahead, kStart);
  EXPECT_TRUE(settled(now, kStart));
  EXPECT_TRUE(is_signed_by(now.server, now.authorities.back())) << "the other is not good yet";
}

TEST(CertificatesTest, OtherHostsNeedAnotherCertificate) {
  const Certificates first = renew({}, kStart);
  const auto moved = renewed(first, {.hosts = {"127.0.0.1"}}, kStart);
  ASSERT_TRUE(moved && *moved);
  EXPECT_TRUE(holds_for((*moved)->server, {"127.0.0.1"}));
  EXPECT_EQ((*moved)->bundle(), first.bundle());
}

TEST(CertificatesTest, ASecretRoundTripsAndABrokenOneHeals) {
  const Certificates made = renew(renew({}, kStart), kStart + days(300));
  ASSERT_EQ(made.authorities.size(), 2U);
  const auto data = made.data();
  EXPECT_TRUE(settled(Certificates::of(data), kStart + days(300)));
  EXPECT_EQ(Certificates::of(data).data(), data);
  for (const char* name : {"ca.crt", "ca.key", "tls.crt", "tls.key"}) {
    auto broken = data;
    broken[name] = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    const Certificates healed = renew(Certificates::of(broken), kStart + days(300));
    EXPECT_TRUE(settled(healed, kStart + days(300))) << name;
    broken.erase(name);
    EXPECT_TRUE(settled(renew(Certificates::of(broken), kStart + days(300)), kStart + days(300)));
  }
}

}  // namespace
}  // namespace penstock::webhook
