#pragma once

#include <chrono>
#include <concepts>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include "lib/json/field.h"
#include "lib/json/member_types.h"
#include "lib/json/scalars.h"
#include "lib/json/text.h"

// The one generic writer over field tables (field.h).
namespace penstock::json {

// Every field that has a value, in the form that read() takes.
template <HasFields T>
Value write(const T& object);

namespace detail {

template <class T>
Value write_value(const T& value) {
  if constexpr (std::same_as<T, std::chrono::milliseconds>) {
    return format_duration(value);
  } else if constexpr (std::same_as<T, Quantity>) {
    return format_quantity(value);
  } else if constexpr (std::same_as<T, UsdPerMillion>) {
    return format_usd_per_million(value);
  } else if constexpr (std::is_enum_v<T>) {
    return std::string(name_of(value));
  } else if constexpr (kIsOptional<T>) {
    return value ? write_value(*value) : Value();
  } else if constexpr (kIsList<T>) {
    Value list = Value::array();
    for (const auto& element : value) {
      list.push_back(write_value(element));
    }
    return list;
  } else if constexpr (kIsMap<T>) {
    Value map = Value::object();
    for (const auto& [name, element] : value) {
      map[name] = write_value(element);
    }
    return map;
  } else if constexpr (HasFields<T>) {
    return write(value);
  } else {
    return Value(value);
  }
}

}  // namespace detail

template <HasFields T>
Value write(const T& object) {
  Value result = Value::object();
  const auto put = [&](const auto& field) {
    Value value = detail::write_value(object.*field.member);
    if (!value.is_null()) {
      result[std::string(field.name)] = std::move(value);
    }
  };
  std::apply([&](const auto&... field) { (put(field), ...); }, T::fields());
  return result;
}

}  // namespace penstock::json
