#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

// A field table: the one list of a type's fields, which reader, writer and schema all walk.
//
//   struct CacheTtl {
//     std::chrono::milliseconds ttl{300'000};
//     static constexpr auto fields() {
//       return std::tuple{json::Field{"ttl", &CacheTtl::ttl, {.about = "How long…", .min =
//       1'000}}};
//     }
//   };
//
// A member may be: bool, an integer, double, std::string, std::chrono::milliseconds ("5m"),
// Quantity ("1Gi"), UsdPerMillion ("2.50"), an enum with enum_names(), a type with fields(), a
// Value (kept as it came), and std::optional, std::vector and std::map<std::string, T> of these.
// The default is what a value-initialised owner holds; a derived type joins its base's table by
// std::tuple_cat.
namespace penstock::json {

// What a string must look like.
struct Format {
  std::string_view says;     // completes "must be …"
  std::string_view pattern;  // the same as an anchored RE2 expression, for CRDs; may be empty
  bool (*matches)(std::string_view);
};

// What a value must keep to. Every string and list is bounded, whether a table says so or not.
struct Rules {
  std::string_view about;  // one sentence for people
  bool required = false;
  // Of integers and doubles; of durations in milliseconds, of quantities in units (bytes).
  std::int64_t min = std::numeric_limits<std::int64_t>::min();
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
  // Of strings in bytes; in a list or map, of each value.
  std::size_t length_min = 1;
  std::size_t length_max = 253;
  const Format* format = nullptr;
  // Of lists and maps.
  std::size_t items_min = 0;
  std::size_t items_max = 64;
  const Format* key_format = nullptr;  // of a map's keys
  // Of lists: the field by which elements differ, or "." where they are scalars that differ.
  std::string_view unique_by;
  // Of objects: one writer replaces all of it and nobody merges into it.
  bool atomic = false;
};

// A rule across the fields of a type, in the Common Expression Language of CRDs. A type lists its
// own in `static constexpr auto constraints()`, a std::array; what C++ checks in their place stands
// with the type's validation.
struct Constraint {
  std::string_view cel;
  std::string_view message;  // a sentence for people
};

template <class Owner, class Member>
struct Field {
  std::string_view name;
  Member Owner::* member;
  Rules rules;

  constexpr Field(std::string_view field_name, Member Owner::* field_member, Rules field_rules = {})
      : name(field_name), member(field_member), rules(field_rules) {}
};

// One row of an enum's name table, which enum_names(E) returns as a std::array. It is found by
// argument-dependent lookup, so it stands in the namespace of E.
template <class E>
struct EnumName {
  E value;
  std::string_view name;
};

// The name of `value`, or "" for an enumerator that users cannot write.
template <class E>
constexpr std::string_view name_of(E value) {
  for (const EnumName<E>& row : enum_names(E{})) {
    if (row.value == value) {
      return row.name;
    }
  }
  return {};
}

template <class E>
constexpr std::optional<E> parse_enum(std::string_view name) {
  for (const EnumName<E>& row : enum_names(E{})) {
    if (row.name == name) {
      return row.value;
    }
  }
  return std::nullopt;
}

template <class T>
concept HasFields = requires { T::fields(); };

template <class T>
concept HasConstraints = requires { T::constraints(); };

}  // namespace penstock::json
