#pragma once

#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

#include "lib/json/field.h"
#include "lib/json/member_types.h"
#include "lib/json/reader.h"
#include "lib/json/scalars.h"
#include "lib/json/text.h"

// The one generic reader over field tables (field.h).
namespace penstock::json {

// Fills `out` from `value`; what is absent or wrong keeps its default. Errors go to the reader.
template <HasFields T>
void read(Reader& reader, const Value& value, T& out);

namespace detail {

template <class T, class U>
void assign(T& out, const std::optional<U>& found) {
  if (found) {
    out = static_cast<T>(*found);
  }
}

template <class T>
void read_scalar(Reader& reader, const Value& value, const Rules& rules, T& out) {
  if constexpr (std::same_as<T, Value>) {
    out = value;
  } else if constexpr (std::same_as<T, bool>) {
    assign(out, reader.boolean(value));
  } else if constexpr (std::integral<T>) {
    static_assert(sizeof(T) < 8 || std::is_signed_v<T>, "64-bit unsigned values are quantities");
    assign(out, reader.integer(value, rules, std::int64_t{std::numeric_limits<T>::min()},
                               std::int64_t{std::numeric_limits<T>::max()}));
  } else if constexpr (std::same_as<T, double>) {
    assign(out, reader.number(value, rules));
  } else if constexpr (std::same_as<T, std::string>) {
    assign(out, reader.string(value, rules));
  } else if constexpr (std::same_as<T, std::chrono::milliseconds>) {
    assign(out, reader.duration(value, rules));
  } else if constexpr (std::same_as<T, Quantity>) {
    assign(out, reader.quantity(value, rules));
  } else if constexpr (std::same_as<T, UsdPerMillion>) {
    assign(out, reader.price(value));
  } else {
    static_assert(std::is_enum_v<T>, "field.h lists what a member may be");
    constexpr auto kNames = names_of_enum<T>();
    if (const std::optional<std::size_t> index = reader.choice(value, kNames)) {
      out = enum_names(T{})[*index].value;
    }
  }
}

template <class T>
void read_value(Reader& reader, const Value& value, const Rules& rules, T& out) {
  if constexpr (kIsOptional<T>) {
    read_value(reader, value, rules, out.emplace());
  } else if constexpr (kIsList<T>) {
    if (!reader.list(value, rules)) {
      return;
    }
    out.clear();
    for (std::size_t i = 0; i < value.size(); ++i) {
      const Reader::Step step = reader.element(i);
      read_value(reader, value[i], rules, out.emplace_back());
    }
  } else if constexpr (kIsMap<T>) {
    if (!reader.map(value, rules)) {
      return;
    }
    out.clear();
    for (const auto& item : value.items()) {
      const Reader::Step step = reader.member(item.key());
      read_value(reader, item.value(), rules, out[item.key()]);
    }
  } else if constexpr (HasFields<T>) {
    read(reader, value, out);
  } else {
    read_scalar(reader, value, rules, out);
  }
}

template <class F, class T>
void read_field(Reader& reader, const Value& object, const F& field, T& out) {
  const Reader::Step step = reader.member(field.name);
  if (const Value* found = reader.find(object, field.name, field.rules)) {
    read_value(reader, *found, field.rules, out.*field.member);
  }
}

}  // namespace detail

template <HasFields T>
void read(Reader& reader, const Value& value, T& out) {
  if (!reader.expect_object(value)) {
    return;
  }
  std::apply(
      [&](const auto&... field) {
        reader.check_members(value, std::array<std::string_view, sizeof...(field)>{field.name...});
        (detail::read_field(reader, value, field, out), ...);
      },
      T::fields());
}

}  // namespace penstock::json
