// The JSON Schema (2020-12) of the language, for editors, from the table.
//
// A schema sees YAML before expansion. So wherever a scalar may stand, a string with "{{" may too; what it becomes is
// checked by the loader alone, as are the contents that a pattern cannot hold (prefixes, dates, units, references).

#include <charconv>
#include <set>

#include <fmt/format.h>

#include "core/topology/load.h"
#include "core/topology/shape.h"

namespace cloison::topology {

namespace {

std::string json_text(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      result += '\\';
    }
    result += c;
  }
  return result + '"';
}

/// A JSON object under construction: members in the order given.
class Object {
 public:
  Object& add(std::string_view key, const std::string& json) {
    text_ += fmt::format("{}{}: {}", text_.empty() ? "" : ", ", json_text(key), json);
    return *this;
  }
  [[nodiscard]] std::string json() const { return "{" + text_ + "}"; }

 private:
  std::string text_{};
};

std::string array(const std::vector<std::string>& items) {
  return fmt::format("[{}]", fmt::join(items, ", "));
}

std::string reference_to(std::string_view name) {
  return fmt::format(R"({{"$ref": "#/$defs/{}"}})", name);
}

constexpr std::string_view k_template = R"({"$ref": "#/$defs/template"})";
constexpr std::string_view k_name_pattern = "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$";

std::string or_template(const std::string& json) {
  return fmt::format(R"({{"anyOf": [{}, {}]}})", json, k_template);
}

bool is_number(std::string_view word) {
  double value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  return error == std::errc{} && end == word.data() + word.size();
}

class SchemaWriter {
 public:
  std::string write() {
    const Language& language = Language::instance();
    definitions_.emplace_back("template",
                              R"({"description": "A value with variables, filled in by for_each or an environment.", )"
                              R"("type": "string", "pattern": "\\{\\{"})");
    definitions_.emplace_back("for_each", composed(language.for_each()));
    const std::string top = block(language.top(), false);
    // the parts of a folder are topologies of which each has some blocks
    definitions_.emplace_back("part", block(language.top(), false, false));
    std::string definitions;
    for (const auto& [name, json] : definitions_) {
      definitions += fmt::format("{}{}: {}", definitions.empty() ? "" : ", ", json_text(name), json);
    }
    return indented(
        fmt::format(R"({{"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "cloison topology", )"
                    R"("$defs": {{{}}}, {})",
                    definitions, top.substr(1)));
  }

 private:
  std::string scalar(const Shape& shape) {
    switch (shape.form) {
      case Form::text:
      case Form::reference:
      case Form::processors:
        return R"({"type": ["string", "number"]})";
      case Form::scalar:
        return R"({"type": ["string", "number", "boolean"]})";
      case Form::word:
        return words(shape);
      case Form::boolean:
        return or_template(R"({"type": "boolean"})");
      case Form::integer:
        return or_template(
            fmt::format(R"({{"type": "integer", "minimum": {}, "maximum": {}}})", shape.least, shape.most));
      case Form::version:
        return R"({"const": 1})";
      case Form::host_address:
        return R"({"type": ["integer", "string"]})";
      case Form::name:
        return or_template(fmt::format(R"({{"type": "string", "pattern": "{}"}})", k_name_pattern));
      case Form::identifier:
        return or_template(R"({"type": "string", "pattern": "^[A-Za-z0-9._-]{1,63}$"})");
      case Form::country:
        return or_template(R"({"type": "string", "pattern": "^[A-Z]{2}$"})");
      case Form::secret:
        return or_template(R"({"type": "string", "pattern": "^(env|file|command):."})");
      default:
        return R"({"type": "string"})";
    }
  }

  static std::string words(const Shape& shape) {
    std::vector<std::string> items;
    for (const std::string_view word : shape.words) {
      items.push_back(json_text(word));
      if (is_number(word)) {
        items.emplace_back(word);
      }
    }
    return or_template(fmt::format(R"({{"enum": {}}})", array(items)));
  }

  std::string list(const Shape& shape) {
    Object object;
    object.add("type", "\"array\"").add("items", any(*shape.item));
    if (shape.least_items != 0) {
      object.add("minItems", std::to_string(shape.least_items));
    }
    if (shape.most_items != UINT32_MAX) {
      object.add("maxItems", std::to_string(shape.most_items));
    }
    return object.json();
  }

  std::string table(const Shape& shape) {
    Object plain;
    plain.add("additionalProperties", any(*shape.item));
    if (shape.named) {
      plain.add("propertyNames", fmt::format(R"({{"pattern": "{}"}})", k_name_pattern));
    }
    if (!shape.plural) {
      return plain.add("type", "\"object\"").json();
    }
    return Object()
        .add("type", "\"object\"")
        .add("if", R"({"required": ["for_each"]})")
        .add("then", definition(*shape.item, true))
        .add("else", plain.json())
        .json();
  }

  std::string block(const Shape& shape, bool for_each, bool required = true) {
    Object properties;
    std::vector<std::string> wanted;
    if (for_each || shape.family) {
      properties.add("for_each", reference_to("for_each"));
    }
    for (const Key& key : shape.keys) {
      const std::string value = any(*key.shape);
      properties.add(key.name, fmt::format(R"({{"description": {}, {})", json_text(key.doc), value.substr(1)));
      if (key.required && required) {
        wanted.push_back(json_text(key.name));
      }
    }
    Object object;
    object.add("type", "\"object\"").add("properties", properties.json()).add("additionalProperties", "false");
    if (shape.least_items != 0) {
      object.add("minProperties", std::to_string(shape.least_items));
    }
    if (!wanted.empty()) {
      object.add("required", array(wanted));
    }
    if (!shape.exactly_one.empty()) {
      std::vector<std::string> choices;
      for (const std::string_view key : shape.exactly_one) {
        choices.push_back(fmt::format(R"({{"required": [{}]}})", json_text(key)));
      }
      object.add("oneOf", array(choices));
    }
    return object.json();
  }

  /// A block stands once, under its title.
  std::string definition(const Shape& shape, bool for_each) {
    const std::string name = fmt::format("{}{}", shape.title, for_each && !shape.family ? "_for_each" : "");
    if (written_.insert(name).second) {
      definitions_.emplace_back(name, block(shape, for_each));
    }
    return reference_to(name);
  }

  std::string composed(const Shape& shape) {
    switch (shape.form) {
      case Form::list:
        return list(shape);
      case Form::one_or_list:
        return fmt::format(R"({{"anyOf": [{}, {}]}})", any(*shape.item), list(shape));
      case Form::either: {
        std::vector<std::string> choices;
        for (const Shape* one : shape.alternatives) {
          choices.push_back(any(*one));
        }
        return fmt::format(R"({{"anyOf": {}}})", array(choices));
      }
      case Form::table:
        return table(shape);
      case Form::block:
        return definition(shape, false);
      default:
        return scalar(shape);
    }
  }

  std::string any(const Shape& shape) { return composed(shape); }

  /// Two spaces a level; short objects and lists stay on one line.
  static std::string indented(std::string_view json) {
    std::string result;
    write_value(json, 0, 0, result);
    return result + '\n';
  }

  static std::size_t end_of(std::string_view json, std::size_t at) {
    int depth = 0;
    bool text = false;
    for (; at < json.size(); ++at) {
      const char c = json[at];
      if (text) {
        at += c == '\\' ? 1 : 0;
        text = c != '"';
      } else if (c == '"') {
        text = true;
      } else if (c == '{' || c == '[') {
        ++depth;
      } else if (c == '}' || c == ']') {
        if (--depth < 0) {
          return at;
        }
      } else if (c == ',' && depth == 0) {
        return at;
      }
    }
    return at;
  }

  static void write_value(std::string_view json, std::size_t column, int level, std::string& out) {
    const bool composite = !json.empty() && (json[0] == '{' || json[0] == '[');
    if (!composite || json.size() + column < 118) {
      out += json;
      return;
    }
    out += json[0];
    const std::string indent(static_cast<std::size_t>(level + 1) * 2, ' ');
    for (std::size_t at = 1; at + 1 < json.size();) {
      const std::size_t end = end_of(json, at);
      std::string_view member = json.substr(at, end - at);
      member.remove_prefix(std::min(member.find_first_not_of(' '), member.size()));
      out += '\n' + indent;
      std::size_t used = indent.size();
      if (json[0] == '{') {
        const std::size_t colon = member.find("\": ") + 3;
        out += member.substr(0, colon);
        used += colon;
        member.remove_prefix(colon);
      }
      write_value(member, used, level + 1, out);
      if (end < json.size() && json[end] == ',') {
        out += ',';
      }
      at = end + 1;
    }
    out += '\n' + indent.substr(2) + json.back();
  }

  std::vector<std::pair<std::string, std::string>> definitions_{};
  std::set<std::string> written_{};
};

void add_keys(const Shape& shape, const std::string& path, std::vector<KeyDoc>& keys) {
  switch (shape.form) {
    case Form::block:
      if (shape.title == "selector") {
        return;  // described once, in words
      }
      for (const Key& key : shape.keys) {
        const std::string inner = path.empty() ? std::string(key.name) : fmt::format("{}.{}", path, key.name);
        keys.push_back(
            {.path = inner, .type = describe(*key.shape), .doc = std::string(key.doc), .required = key.required});
        add_keys(*key.shape, inner, keys);
      }
      return;
    case Form::table:
      add_keys(*shape.item, path + ".*", keys);
      return;
    case Form::list:
    case Form::one_or_list:
      add_keys(*shape.item, path + "[]", keys);
      return;
    case Form::either:
      for (const Shape* one : shape.alternatives) {
        add_keys(*one, path, keys);
      }
      return;
    default:
      return;
  }
}

}  // namespace

std::string json_schema() {
  return SchemaWriter().write();
}

std::vector<KeyDoc> language_keys() {
  std::vector<KeyDoc> keys;
  add_keys(Language::instance().top(), "", keys);
  return keys;
}

}  // namespace cloison::topology
