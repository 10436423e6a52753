#include "cli/view/json_line.h"

#include "core/model/value_json.h"

namespace cloison::cli {

JsonObject& JsonObject::raw(std::string_view name, std::string_view json) {
  if (!fields_.empty()) fields_ += ',';
  append_json_string(fields_, name);
  fields_ += ':';
  fields_ += json;
  return *this;
}

JsonObject& JsonObject::text(std::string_view name, std::string_view value) {
  std::string json;
  append_json_string(json, value);
  return raw(name, json);
}

JsonObject& JsonObject::flag(std::string_view name, bool value) {
  return raw(name, value ? "true" : "false");
}

JsonObject& JsonObject::value(std::string_view name, const Value& value) {
  // What is kept of a secret is a keyed digest; outside of state and plan even that has no use.
  return raw(name, value.is_secret() ? R"({"sensitive":true})" : to_json(value));
}

JsonObject& JsonObject::texts(std::string_view name, const std::vector<std::string>& values) {
  std::string json = "[";
  for (const auto& one : values) {
    if (json.size() > 1) json += ',';
    append_json_string(json, one);
  }
  return raw(name, json + ']');
}

JsonObject& JsonObject::objects(std::string_view name, const std::vector<JsonObject>& values) {
  std::string json = "[";
  for (const auto& one : values) {
    if (json.size() > 1) json += ',';
    json += one.done();
  }
  return raw(name, json + ']');
}

}  // namespace cloison::cli
