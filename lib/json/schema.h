#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "lib/json/field.h"
#include "lib/json/member_types.h"
#include "lib/json/scalars.h"
#include "lib/json/text.h"
#include "lib/json/write.h"

// Field tables as data: what a CRD, a reference page or a feature check compares against.
namespace penstock::json {

enum class Kind : std::uint8_t {
  kBool,
  kInteger,
  kNumber,
  kString,
  kDuration,
  kQuantity,
  kPrice,
  kEnum,
  kList,
  kMap,
  kObject,
  kOpaque,  // any JSON
};

struct FieldInfo {
  std::string name;  // "" for the element of a list or map
  Kind kind = Kind::kObject;
  Rules rules;
  std::int64_t type_min = 0;  // of integers: what the C++ type can hold
  std::int64_t type_max = 0;
  Value default_value;                    // null: none, or an object's own defaults
  std::vector<std::string_view> choices;  // of enums
  std::vector<FieldInfo> children;        // an object's fields; the one element of a list or map
  std::vector<Constraint> constraints;    // of objects
};

// The fields of T in table order.
template <HasFields T>
std::vector<FieldInfo> describe();

// T itself: a kObject with its fields and the rules across them.
template <HasFields T>
FieldInfo describe_object();

namespace detail {

template <class T>
FieldInfo describe_value(const Rules& rules) {
  FieldInfo info;
  info.rules = rules;
  if constexpr (std::same_as<T, bool>) {
    info.kind = Kind::kBool;
  } else if constexpr (std::integral<T>) {
    info.kind = Kind::kInteger;
    info.type_min = std::int64_t{std::numeric_limits<T>::min()};
    info.type_max = std::int64_t{std::numeric_limits<T>::max()};
  } else if constexpr (std::same_as<T, double>) {
    info.kind = Kind::kNumber;
  } else if constexpr (std::same_as<T, std::string>) {
    info.kind = Kind::kString;
  } else if constexpr (std::same_as<T, std::chrono::milliseconds>) {
    info.kind = Kind::kDuration;
  } else if constexpr (std::same_as<T, Quantity>) {
    info.kind = Kind::kQuantity;
  } else if constexpr (std::same_as<T, UsdPerMillion>) {
    info.kind = Kind::kPrice;
  } else if constexpr (std::is_enum_v<T>) {
    info.kind = Kind::kEnum;
    for (const std::string_view name : names_of_enum<T>()) {
      info.choices.push_back(name);
    }
  } else if constexpr (kIsOptional<T>) {
    return describe_value<typename T::value_type>(rules);
  } else if constexpr (kIsList<T>) {
    info.kind = Kind::kList;
    info.children.push_back(describe_value<typename T::value_type>(rules));
  } else if constexpr (kIsMap<T>) {
    info.kind = Kind::kMap;
    info.children.push_back(describe_value<typename T::mapped_type>(rules));
  } else if constexpr (std::same_as<T, Value>) {
    info.kind = Kind::kOpaque;
  } else {
    FieldInfo object = describe_object<T>();
    info.children = std::move(object.children);
    info.constraints = std::move(object.constraints);
  }
  return info;
}

}  // namespace detail

template <HasFields T>
std::vector<FieldInfo> describe() {
  std::vector<FieldInfo> result;
  const T defaults{};
  const auto add = [&](const auto& field) {
    using Member = std::remove_cvref_t<decltype(defaults.*field.member)>;
    FieldInfo info = detail::describe_value<Member>(field.rules);
    info.name = field.name;
    if (!field.rules.required && info.kind != Kind::kObject && info.kind != Kind::kOpaque) {
      info.default_value = detail::write_value(defaults.*field.member);
    }
    result.push_back(std::move(info));
  };
  std::apply([&](const auto&... field) { (add(field), ...); }, T::fields());
  return result;
}

template <HasFields T>
FieldInfo describe_object() {
  FieldInfo info;
  info.children = describe<T>();
  if constexpr (HasConstraints<T>) {
    for (const Constraint& constraint : T::constraints()) {
      info.constraints.push_back(constraint);
    }
  }
  return info;
}

}  // namespace penstock::json
