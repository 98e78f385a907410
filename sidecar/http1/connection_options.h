#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "sidecar/http1/head.h"

namespace penstock::http1 {

// What the Connection fields of one head say (RFC 9110 §7.6.1).
//
// A sender may nominate further fields as hop-by-hop, and an intermediary must not forward those.
// It must not become a way to strip what the next server relies on, though (a request that
// nominates Authorization or X-Forwarded-For would reach it without). So a nomination counts only
// for fields this codec does not know by name: of the known ones the hop-by-hop ones go anyway and
// the others always stay.
class ConnectionOptions {
 public:
  // Fields one head may nominate; more is refused by the parsers.
  static constexpr std::uint32_t kNominationsMax = 16;

  // Reads one field value. Members that are no token name nothing and are only remembered as
  // malformed().
  void add(std::string_view value);

  [[nodiscard]] bool malformed() const { return malformed_; }
  [[nodiscard]] bool too_many() const { return too_many_; }

  [[nodiscard]] bool close() const { return close_; }
  [[nodiscard]] bool keep_alive() const { return keep_alive_; }
  [[nodiscard]] bool upgrade() const { return upgrade_; }
  [[nodiscard]] bool te() const { return te_; }
  [[nodiscard]] bool nominates_any() const { return !nominated_.empty(); }
  [[nodiscard]] bool nominates(const HeaderField& field) const;

  // All Connection fields of a parsed head.
  static ConnectionOptions of(const HeadFields& head);

 private:
  void add_member(std::string_view member);

  bool close_ = false;
  bool keep_alive_ = false;
  bool upgrade_ = false;
  bool te_ = false;
  bool malformed_ = false;
  bool too_many_ = false;
  std::vector<std::string_view> nominated_;
};

// Fields that end at the next hop whatever Connection says. Transfer-Encoding and Trailer are among
// them: a writer states its own framing. Proxy-Authorization is for us or for nobody.
inline constexpr HeaderSet kHopByHop = {
    HeaderId::kConnection,
    HeaderId::kHttp2Settings,
    HeaderId::kKeepAlive,
    HeaderId::kProxyAuthenticate,
    HeaderId::kProxyAuthorization,
    HeaderId::kProxyConnection,
    HeaderId::kTe,
    HeaderId::kTrailer,
    HeaderId::kTransferEncoding,
    HeaderId::kUpgrade,
};

inline bool is_hop_by_hop(const HeaderField& field, const ConnectionOptions& options) {
  return kHopByHop.contains(field.id) || options.nominates(field);
}

}  // namespace penstock::http1
