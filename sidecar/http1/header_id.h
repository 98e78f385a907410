#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

namespace penstock::http1 {

// The fields that some part of the data path decides on. Everything else is kOther and passes as
// bytes. A new one needs its row in header_id.cc, in the same order; at most 64 fit a HeaderSet.
enum class HeaderId : std::uint8_t {
  kOther,
  kAccept,
  kAcceptEncoding,
  kAge,
  kAltSvc,
  kAmzSecurityToken,  // x-amz-security-token
  kAnthropicBeta,
  kAnthropicVersion,
  kApiKey,       // x-api-key
  kAzureApiKey,  // api-key
  kAuthorization,
  kCacheControl,
  kCacheStatus,
  kCloudflareAuthorization,  // cf-aig-authorization
  kConnection,
  kContentEncoding,
  kContentLength,
  kContentRange,
  kContentType,
  kCookie,
  kDate,
  kEtag,
  kExpect,
  kForwarded,
  kGoogleApiKey,  // x-goog-api-key
  kHeliconeAuth,  // helicone-auth
  kHost,
  kHttp2Settings,
  kKeepAlive,
  kMaxForwards,
  kOpenAiBeta,
  kOpenAiOrganization,
  kOpenAiProject,
  kPortkeyApiKey,      // x-portkey-api-key
  kProviderRequestId,  // request-id
  kProxyAuthenticate,
  kProxyAuthorization,
  kProxyConnection,
  kRange,
  kRealIp,     // x-real-ip
  kRequestId,  // x-request-id
  kRetryAfter,
  kServer,
  kServerTiming,
  kSetCookie,
  kSubscriptionKey,  // ocp-apim-subscription-key
  kTe,
  kTraceparent,
  kTracestate,
  kTrailer,
  kTransferEncoding,
  kUpgrade,
  kUserAgent,
  kVary,
  kVia,
  kXForwardedFor,
  kXForwardedHost,
  kXForwardedProto,
};
inline constexpr std::size_t kHeaderIdCount =
    static_cast<std::size_t>(HeaderId::kXForwardedProto) + 1;
static_assert(kHeaderIdCount <= 64);

// ASCII case does not matter; kOther for a name that is not in the list.
HeaderId header_id(std::string_view name);

// Lower case ("content-length"); empty for kOther.
std::string_view header_name(HeaderId id);

// Whether `text` is `lower` but for ASCII case. REQUIRES: `lower` holds no upper-case letter.
bool equals_ignoring_case(std::string_view text, std::string_view lower);

// A set of ids in one word.
class HeaderSet {
 public:
  constexpr HeaderSet() = default;
  constexpr HeaderSet(std::initializer_list<HeaderId> ids)
      : HeaderSet(std::span<const HeaderId>(ids.begin(), ids.size())) {}
  constexpr explicit HeaderSet(std::span<const HeaderId> ids) {
    for (const HeaderId id : ids) {
      add(id);
    }
  }

  constexpr void add(HeaderId id) { bits_ |= bit(id); }
  constexpr void add(HeaderSet other) { bits_ |= other.bits_; }
  [[nodiscard]] constexpr bool contains(HeaderId id) const { return (bits_ & bit(id)) != 0; }
  [[nodiscard]] constexpr bool meets(HeaderSet other) const { return (bits_ & other.bits_) != 0; }

 private:
  static constexpr std::uint64_t bit(HeaderId id) {
    return std::uint64_t{1} << static_cast<std::uint8_t>(id);
  }

  std::uint64_t bits_ = 0;
};

// What opens a model: known by its value, whichever of these fields it stands in.
inline constexpr std::array kModelKeys = {HeaderId::kAuthorization, HeaderId::kApiKey,
                                          HeaderId::kAzureApiKey, HeaderId::kGoogleApiKey};
inline constexpr HeaderSet kModelKeySet{std::span<const HeaderId>(kModelKeys)};

// What opens a gateway or a cloud in front of it, beside the model's key.
inline constexpr std::array kGatewayKeys = {
    HeaderId::kAmzSecurityToken, HeaderId::kCloudflareAuthorization, HeaderId::kHeliconeAuth,
    HeaderId::kPortkeyApiKey, HeaderId::kSubscriptionKey};
inline constexpr HeaderSet kGatewayKeySet{std::span<const HeaderId>(kGatewayKeys)};

}  // namespace penstock::http1
