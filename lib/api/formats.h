#pragma once

#include <string_view>

#include "lib/json/field.h"

// What names, headers, paths and models must look like.
namespace penstock::api {

bool is_dns_label(std::string_view text);      // RFC 1123, at most 63 characters
bool is_dns_subdomain(std::string_view text);  // labels and dots, at most 253
bool is_secret_key(std::string_view text);     // never "." or something that starts with ".."
bool is_header_name(std::string_view text);    // RFC 9110 token, at most 128
bool is_label_key(std::string_view text);      // Kubernetes: [prefix/]name
bool is_label_value(std::string_view text);    // Kubernetes: may be empty
bool is_model_pattern(std::string_view text);  // at most one '*', at the end
bool is_path_prefix(std::string_view text);    // begins with '/', no query, no ".."
bool is_object_name(std::string_view text);    // "namespace/name"
bool is_flag(std::string_view text);           // "--port", "-p"; at most 64
bool is_variable(std::string_view text);       // of the environment; at most 128
bool is_camel_case(std::string_view text);     // "Accepted", at most 63
bool is_group_version(std::string_view text);  // "v1", "apps/v1"
bool is_timestamp(std::string_view text);      // "2026-01-31T12:00:00Z"
bool is_time_of_day(std::string_view text);    // "00:00" … "24:00"
bool is_zone_name(std::string_view text);  // "Europe/Berlin"; whether there is one it cannot say
bool is_hex(std::string_view text);
bool is_any(std::string_view text);  // true

inline constexpr json::Format kDnsLabel{
    "lower-case letters, digits and '-', at most 63, such as openai-eu",
    "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", &is_dns_label};
inline constexpr json::Format kDnsSubdomain{
    "a Kubernetes name: lower-case letters, digits, '-' and '.'",
    "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$",
    &is_dns_subdomain};
inline constexpr json::Format kSecretKey{
    "a key of a Secret: letters, digits, '-', '_' and '.', not starting with '..'",
    "^([-_a-zA-Z0-9]|\\.[-_a-zA-Z0-9])[-._a-zA-Z0-9]*$", &is_secret_key};
inline constexpr json::Format kHeaderName{"a header name, such as x-team",
                                          "^[!#$%&'*+\\-.^_`|~0-9A-Za-z]{1,128}$", &is_header_name};
inline constexpr json::Format kLabelKey{
    "a label key, such as app.kubernetes.io/name",
    "^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*/)?"
    "[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$",
    &is_label_key};
inline constexpr json::Format kLabelValue{
    "a label value: letters, digits, '-', '_' and '.', at most 63",
    "^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$", &is_label_value};
inline constexpr json::Format kModelPattern{
    "a model name, or the beginning of one with '*' at the end, such as gpt-4o*",
    "^[^*\\x00-\\x1f\\x7f]*\\*?$", &is_model_pattern};
inline constexpr json::Format kPathPrefix{"a path that begins with '/', such as /v1/chat",
                                          "^/(\\.?[!\"$-\\-/->@-~])*\\.?$", &is_path_prefix};
inline constexpr json::Format kObjectName{"namespace/name", "^[-a-z0-9]+/[-a-z0-9.]+$",
                                          &is_object_name};
// What exactly is wrong with a URL, validation says: see parse_url().
inline constexpr json::Format kUrl{
    "http://host:port/prefix or https://host/prefix",
    "^[hH][tT][tT][pP][sS]?://(\\[[0-9a-fA-F:.]+\\]|[A-Za-z0-9_]([-A-Za-z0-9_.]*[A-Za-z0-9_])?)"
    "(:[0-9]{1,5})?(/[!$-;=A-Z\\[\\]_a-z~]*)?$",
    &is_any};
inline constexpr json::Format kFlag{"a flag, such as --port",
                                    "^--?[A-Za-z0-9][-A-Za-z0-9_.]{0,61}$", &is_flag};
inline constexpr json::Format kVariable{"an environment variable, such as PORT",
                                        "^[A-Za-z_][A-Za-z0-9_]{0,127}$", &is_variable};
inline constexpr json::Format kCamelCase{"a word such as Accepted", "^[A-Z][A-Za-z0-9]{0,62}$",
                                         &is_camel_case};
inline constexpr json::Format kGroupVersion{
    "a version, or a group and a version, such as apps/v1",
    "^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?v[0-9][a-z0-9]{0,20}$", &is_group_version};
inline constexpr json::Format kTimestamp{"a time such as 2026-01-31T12:00:00Z",
                                         "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$",
                                         &is_timestamp};
inline constexpr json::Format kTimeOfDay{"a time of day such as 08:30, or 24:00",
                                         "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$",
                                         &is_time_of_day};
inline constexpr json::Format kZoneName{"the name of a time zone, such as Europe/Berlin",
                                        "^[A-Za-z0-9_+-]{1,32}(/[A-Za-z0-9_+-]{1,32}){0,2}$",
                                        &is_zone_name};
inline constexpr json::Format kHex{"hexadecimal digits", "^[0-9a-f]+$", &is_hex};

}  // namespace penstock::api
