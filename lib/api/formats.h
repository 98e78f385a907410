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
bool is_hex(std::string_view text);

inline constexpr json::Format kDnsLabel{
    "lower-case letters, digits and '-', at most 63, such as openai-eu",
    "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", &is_dns_label};
inline constexpr json::Format kDnsSubdomain{
    "a Kubernetes name: lower-case letters, digits, '-' and '.'",
    "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$", &is_dns_subdomain};
inline constexpr json::Format kSecretKey{
    "a key of a Secret: letters, digits, '-', '_' and '.', not starting with '..'",
    "^[-._a-zA-Z0-9]+$", &is_secret_key};
inline constexpr json::Format kHeaderName{"a header name, such as x-team",
                                          "^[!#$%&'*+\\-.^_`|~0-9A-Za-z]+$", &is_header_name};
inline constexpr json::Format kLabelKey{
    "a label key, such as app.kubernetes.io/name",
    "^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$", &is_label_key};
inline constexpr json::Format kLabelValue{
    "a label value: letters, digits, '-', '_' and '.', at most 63",
    "^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$", &is_label_value};
inline constexpr json::Format kModelPattern{
    "a model name, or the beginning of one with '*' at the end, such as gpt-4o*", "^[^*]*\\*?$",
    &is_model_pattern};
inline constexpr json::Format kPathPrefix{"a path that begins with '/', such as /v1/chat",
                                          "^/[^?#\\s]*$", &is_path_prefix};
inline constexpr json::Format kObjectName{"namespace/name", "^[-a-z0-9]+/[-a-z0-9.]+$",
                                          &is_object_name};
inline constexpr json::Format kHex{"hexadecimal digits", "^[0-9a-f]+$", &is_hex};

}  // namespace penstock::api
