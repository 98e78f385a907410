#pragma once

#include <string>
#include <tuple>

#include "lib/api/formats.h"
#include "lib/json/field.h"

namespace penstock::api {

// Another object in the same namespace.
struct NameRef {
  std::string name;

  static constexpr auto fields() {
    return std::tuple{json::Field{
        "name",
        &NameRef::name,
        {.about = "Its name, in the same namespace.", .required = true, .format = &kDnsSubdomain}}};
  }
};

// One key of a Secret in the same namespace. Stand-alone: the file <secrets dir>/<name>/<key>.
struct SecretKeyRef {
  std::string name;
  std::string key;

  static constexpr auto fields() {
    return std::tuple{
        json::Field{
            "name",
            &SecretKeyRef::name,
            {.about = "The name of the Secret.", .required = true, .format = &kDnsSubdomain}},
        json::Field{"key",
                    &SecretKeyRef::key,
                    {.about = "The key in the Secret.", .required = true, .format = &kSecretKey}}};
  }
};

}  // namespace penstock::api
