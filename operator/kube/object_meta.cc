#include "operator/kube/object_meta.h"

namespace penstock::kube {

const json::Value& member(const json::Value& object, const char* name) {
  static const json::Value kNothing;
  if (!object.is_object()) {
    return kNothing;
  }
  const auto found = object.find(name);
  return found == object.end() ? kNothing : *found;
}

const json::Value& list_of(const json::Value& object, const char* name) {
  static const json::Value kEmpty = json::Value::array();
  const json::Value& list = member(object, name);
  return list.is_array() ? list : kEmpty;
}

std::string text_of(const json::Value& object, const char* name) {
  const json::Value& value = member(object, name);
  return value.is_string() ? value.get<std::string>() : std::string();
}

std::int64_t number_of(const json::Value& object, const char* name) {
  const json::Value& value = member(object, name);
  return value.is_number_integer() ? value.get<std::int64_t>() : 0;
}

bool flag_of(const json::Value& object, const char* name) {
  const json::Value& value = member(object, name);
  return value.is_boolean() && value.get<bool>();
}

std::map<std::string, std::string> texts_of(const json::Value& object, const char* name) {
  std::map<std::string, std::string> result;
  const json::Value& value = member(object, name);
  if (value.is_object()) {
    for (const auto& item : value.items()) {
      if (item.value().is_string()) {
        result.emplace(item.key(), item.value().get<std::string>());
      }
    }
  }
  return result;
}

std::vector<std::string> strings_of(const json::Value& object, const char* name) {
  std::vector<std::string> result;
  for (const json::Value& element : list_of(object, name)) {
    if (element.is_string()) {
      result.push_back(element.get<std::string>());
    }
  }
  return result;
}

ObjectMeta read_meta(const json::Value& object) {
  const json::Value& metadata = member(object, "metadata");
  return {.ns = text_of(metadata, "namespace"),
          .name = text_of(metadata, "name"),
          .uid = text_of(metadata, "uid"),
          .resource_version = text_of(metadata, "resourceVersion"),
          .generation = number_of(metadata, "generation"),
          .created = text_of(metadata, "creationTimestamp"),
          .deleting = !text_of(metadata, "deletionTimestamp").empty(),
          .labels = texts_of(metadata, "labels")};
}

std::vector<FieldOwner> owners_of(const json::Value& object, const std::string& name) {
  const std::string field = "f:" + name;
  std::vector<FieldOwner> owners;
  for (const json::Value& entry : list_of(member(object, "metadata"), "managedFields")) {
    const json::Value& spec = member(member(entry, "fieldsV1"), "f:spec");
    if (spec.is_object() && spec.contains(field) && owners.size() < kOwnersMax) {
      owners.push_back({.manager = text_of(entry, "manager"),
                        .applies = text_of(entry, "operation") == "Apply",
                        .time = text_of(entry, "time")});
    }
  }
  return owners;
}

bool is_made_of(const std::string& maker, const std::string& name) {
  const std::string prefix = maker + "-";
  return name.size() > prefix.size() && name.starts_with(prefix) &&
         name.find('-', prefix.size()) == std::string::npos;
}

}  // namespace penstock::kube
