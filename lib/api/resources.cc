#include "lib/api/resources.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <tuple>
#include <utility>

#include "lib/api/formats.h"
#include "lib/api/validate.h"
#include "lib/json/near_name.h"
#include "lib/json/read.h"
#include "lib/json/text.h"

namespace penstock::api {
namespace {

using json::Strictness;

constexpr std::size_t kErrorsMax = 1'000;

constexpr std::array<std::string_view, 4> kKinds = {"OptimizationPolicy", "CacheTier",
                                                    "RoutingTable", "PolicyBinding"};

// What an API server adds; a file made by `kubectl get -o yaml` holds it.
constexpr std::array<std::string_view, 10> kServerMetadata = {
    "creationTimestamp", "deletionGracePeriodSeconds",
    "deletionTimestamp", "finalizers",
    "generateName",      "generation",
    "managedFields",     "ownerReferences",
    "resourceVersion",   "uid"};

struct Metadata {
  std::string name;
  std::string ns{kDefaultNamespace};
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> annotations;

  static constexpr auto fields() {
    using T = Metadata;
    return std::tuple{
        json::Field{
            "name",
            &T::name,
            {.about = "the name of the document", .required = true, .format = &kDnsSubdomain}},
        json::Field{"namespace", &T::ns, {.about = "its namespace", .format = &kDnsLabel}},
        json::Field{"labels",
                    &T::labels,
                    {.about = "labels",
                     .length_min = 0,
                     .length_max = 63,
                     .format = &kLabelValue,
                     .items_max = 256,
                     .key_format = &kLabelKey}},
        json::Field{
            "annotations",
            &T::annotations,
            {.about = "annotations", .length_min = 0, .length_max = 262'144, .items_max = 256}}};
  }
};

void add_error(std::vector<ResourceError>& errors, ResourceError error) {
  if (errors.size() < kErrorsMax) {
    errors.push_back(std::move(error));
  }
}

std::string text_member(const json::Value& object, std::string_view name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// Annotations are free text and may hold line breaks, so their values are not checked.
json::Value own_metadata(const json::Value& document) {
  const auto found = document.find("metadata");
  json::Value metadata = found == document.end() ? json::Value::object() : *found;
  if (metadata.is_object()) {
    for (const std::string_view name : kServerMetadata) {
      metadata.erase(std::string(name));
    }
    if (const auto annotations = metadata.find("annotations");
        annotations != metadata.end() && annotations->is_object()) {
      metadata.erase(annotations);
    }
  }
  return metadata;
}

// nlohmann keeps members sorted, so equal content is equal text. A binding's own hash stays out.
std::string canonical_text(const Origin& origin, json::Value spec) {
  if (origin.kind == "PolicyBinding" && spec.is_object()) {
    spec.erase("hash");
  }
  const json::Value content = {
      {"kind", origin.kind}, {"name", to_string(origin.name)}, {"spec", std::move(spec)}};
  return content.dump(-1, ' ', false, json::Value::error_handler_t::replace);
}

class DocumentAdder {
 public:
  DocumentAdder(Resources& into, const std::string& file, Strictness strictness)
      : into_(into), file_(file), strictness_(strictness) {}

  void add(json::Document& document) {
    origin_ = Origin{file_, {}, {}, std::move(document.lines)};
    const json::Value& value = document.value;
    if (!value.is_object()) {
      add_error(into_.errors, origin_.error("",
                                            "must be a mapping with apiVersion, kind, metadata "
                                            "and spec"));
      return;
    }
    if (!check_kind(value)) {
      return;
    }
    json::Reader reader(strictness_);
    static constexpr std::array<std::string_view, 5> kMembers = {"apiVersion", "kind", "metadata",
                                                                 "spec", "status"};
    reader.check_members(value, kMembers);
    Metadata metadata;
    {
      const json::Reader::Step step = reader.member("metadata");
      json::read(reader, own_metadata(value), metadata);
    }
    origin_.name = {metadata.ns, metadata.name};
    if (origin_.kind == "OptimizationPolicy") {
      add_object(into_.policies, reader, value);
    } else if (origin_.kind == "CacheTier") {
      add_object(into_.tiers, reader, value);
    } else if (origin_.kind == "RoutingTable") {
      add_object(into_.tables, reader, value);
    } else {
      add_object(into_.bindings, reader, value);
    }
  }

 private:
  // A kind of somebody else's is an error in a file of a person's, and ignored in a delivered one.
  bool check_kind(const json::Value& value) {
    const std::string version = text_member(value, "apiVersion");
    std::string kind = text_member(value, "kind");
    const bool known_kind = std::ranges::find(kKinds, kind) != kKinds.end();
    std::string path;
    std::string message;
    if (version.empty() || version != kApiVersion) {
      path = "apiVersion";
      message = "must be " + std::string(kApiVersion);
    } else if (!known_kind) {
      path = "kind";
      message = "must be OptimizationPolicy, CacheTier or RoutingTable" +
                json::did_you_mean(kind, kKinds);
    } else {
      origin_.kind = std::move(kind);
      return true;
    }
    const bool tolerated = strictness_ == Strictness::kTolerant && !version.empty();
    add_error(tolerated ? into_.ignored : into_.errors, origin_.error(path, message));
    return false;
  }

  template <class ObjectType>
  void add_object(std::vector<ObjectType>& objects, json::Reader& reader,
                  const json::Value& document) {
    ObjectType object;
    static constexpr json::Rules kSpecRules{.about = "what the document says", .required = true};
    {
      const json::Reader::Step step = reader.member("spec");
      if (const json::Value* spec = reader.find(document, "spec", kSpecRules)) {
        json::read(reader, *spec, object.spec);
        object.canonical = canonical_text(origin_, *spec);
      }
    }
    std::vector<json::FieldError> errors = reader.errors();
    // Rules across fields speak of values; where reading failed they would speak of defaults.
    if (errors.empty()) {
      validate(object.spec, errors);
    }
    for (json::FieldError& error : errors) {
      add_error(into_.errors, origin_.error(std::move(error.path), std::move(error.message)));
    }
    for (const std::string& path : reader.ignored()) {
      add_error(into_.ignored, origin_.error(path, "is not known to this version"));
    }
    if (origin_.name.name.empty() || is_duplicate(objects)) {
      return;
    }
    object.origin = std::move(origin_);
    objects.push_back(std::move(object));
  }

  template <class ObjectType>
  bool is_duplicate(const std::vector<ObjectType>& objects) {
    for (const ObjectType& other : objects) {
      if (other.origin.name == origin_.name) {
        add_error(into_.errors,
                  origin_.error("", "is defined twice; it also stands in " + other.origin.file +
                                        ":" + std::to_string(other.origin.lines.line)));
        return true;
      }
    }
    return false;
  }

  Resources& into_;
  const std::string& file_;
  Strictness strictness_;
  Origin origin_;
};

}  // namespace

std::string to_string(const ObjectName& name) {
  return name.ns + "/" + name.name;
}

std::optional<ObjectName> parse_object_name(std::string_view text) {
  if (is_dns_subdomain(text)) {
    return ObjectName{std::string(kDefaultNamespace), std::string(text)};
  }
  if (!is_object_name(text)) {
    return std::nullopt;
  }
  const std::size_t slash = text.find('/');
  return ObjectName{std::string(text.substr(0, slash)), std::string(text.substr(slash + 1))};
}

std::string to_string(const ResourceError& error) {
  std::string text = error.document;
  if (!text.empty()) {
    text += ": ";
  }
  text += error.path;
  if (!error.path.empty()) {
    text += ' ';
  }
  return text + error.message;
}

ResourceError Origin::error(std::string path, std::string message) const {
  std::string document = file;
  if (const int line = lines.find(path); line > 0) {
    document.append(":").append(std::to_string(line));
  }
  if (!kind.empty()) {
    document.append(document.empty() ? "" : " ").append(kind);
  }
  if (!name.name.empty()) {
    document.append(" ").append(to_string(name));
  }
  return {std::move(document), std::move(path), std::move(message)};
}

void add_text(Resources& into, const std::string& file, std::string_view text,
              Strictness strictness) {
  json::Text parsed = file.ends_with(".json") ? json::parse_json(text) : json::parse_yaml(text);
  for (json::SyntaxError& error : parsed.errors) {
    const std::string line = error.line > 0 ? ":" + std::to_string(error.line) : std::string();
    add_error(into.errors, {file + line, "", std::move(error.message)});
  }
  DocumentAdder adder(into, file, strictness);
  for (json::Document& document : parsed.documents) {
    adder.add(document);
  }
}

}  // namespace penstock::api
