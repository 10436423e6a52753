#include "core/model/value_json.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/base/strings.h"

namespace cloison {

namespace {

/// Builds values bottom-up. An object has exactly one key, which tells how its content is read.
class Reader final : public nlohmann::json_sax<nlohmann::json> {
 public:
  [[nodiscard]] std::optional<Value> result() {
    if (!stack_.empty() || !done_) return std::nullopt;
    return std::move(result_);
  }

  bool null() override { return add(Value::null()); }
  bool boolean(bool value) override { return add(Value::boolean(value)); }
  bool number_integer(number_integer_t value) override { return add(Value::integer(value)); }
  bool number_unsigned(number_unsigned_t value) override {
    return value <= static_cast<uint64_t>(INT64_MAX) && add(Value::integer(static_cast<int64_t>(value)));
  }
  bool number_float(number_float_t, const string_t&) override { return false; }
  bool string(string_t& value) override { return add(Value::text(std::move(value))); }
  bool binary(binary_t&) override { return false; }
  bool start_array(std::size_t) override { return open({}); }
  bool end_array() override { return close(false); }
  bool start_object(std::size_t) override { return open({.object = true}); }
  bool end_object() override { return close(true); }
  bool key(string_t& value) override {
    auto& frame = stack_.back();
    if (!frame.key.empty() || value.size() != 1) return false;
    frame.key = value;
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

 private:
  struct Frame {
    bool object = false;
    bool slots = false;  // its value was an array that became slots
    std::string key{};
    std::vector<Value> items{};
  };

  bool open(Frame frame) {
    if (stack_.size() >= k_value_depth_limit) return false;
    stack_.push_back(std::move(frame));
    return true;
  }

  bool close(bool object) {
    if (stack_.empty() || stack_.back().object != object) return false;
    Frame frame = std::move(stack_.back());
    stack_.pop_back();
    if (!object) {
      // A record's items become its slots at once: a list of them would only be copied.
      const bool slots = !stack_.empty() && stack_.back().object && stack_.back().key == "s";
      if (slots) stack_.back().slots = true;
      return add(slots ? Value::slots(std::move(frame.items)) : Value::list(std::move(frame.items)));
    }
    if (frame.items.size() != 1) return false;
    if (frame.key == "s") return frame.slots && add(std::move(frame.items.front()));
    auto value = tagged(frame.key, frame.items.front());
    return value && add(*std::move(value));
  }

  static std::optional<Value> tagged(const std::string& key, const Value& content) {
    const auto* list = content.as_list();
    if (key == "r" && list && list->size() == 2 && (*list)[0].as_text() && (*list)[1].as_text())
      return Value::ref((*list)[0].text_or_empty(), (*list)[1].text_or_empty());
    if (key == "p" && content.as_text()) {
      const auto prefix = IpPrefix::parse(content.text_or_empty());
      return prefix ? std::optional(Value::prefix(*prefix)) : std::nullopt;
    }
    if (key == "x" && content.as_text()) return Value::secret(content.text_or_empty());
    return std::nullopt;
  }

  bool add(Value value) {
    if (stack_.empty()) {
      if (done_) return false;
      done_ = true;
      result_ = std::move(value);
      return true;
    }
    auto& frame = stack_.back();
    if (frame.object && (frame.key.empty() || !frame.items.empty())) return false;
    frame.items.push_back(std::move(value));
    return true;
  }

  std::vector<Frame> stack_;
  Value result_;
  bool done_ = false;
};

void append_escaped(std::string& out, std::string_view text) {
  static constexpr char k_hex[] = "0123456789abcdef";
  const bool valid = is_valid_utf8(text);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte == 0x7f || (byte >= 0x80 && !valid)) {
      out += "\\u00";
      out += k_hex[byte >> 4U];
      out += k_hex[byte & 15U];
    } else {
      out += c;
    }
  }
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  // Nearly all texts are written as they stand.
  const auto as_it_is = [](char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; };
  out += '"';
  if (std::all_of(text.begin(), text.end(), as_it_is))
    out += text;
  else
    append_escaped(out, text);
  out += '"';
}

void append_json(std::string& out, const Value& value) {
  if (value.is_secret()) {
    out += R"({"x":)";
    append_json_string(out, value.text_or_empty());
    out += '}';
  } else if (value.is_null()) {
    out += "null";
  } else if (const auto* ref = value.as_ref()) {
    out += R"({"r":[)";
    append_json_string(out, ref->address);
    out += ',';
    append_json_string(out, ref->attribute);
    out += "]}";
  } else if (const auto* boolean = value.as_boolean()) {
    out += *boolean ? "true" : "false";
  } else if (const auto* integer = value.as_integer()) {
    out += std::to_string(*integer);
  } else if (const auto* text = value.as_text()) {
    append_json_string(out, *text);
  } else if (const auto* prefix = value.as_prefix()) {
    out += R"({"p":")" + prefix->text() + R"("})";
  } else {
    const bool list = value.as_list() != nullptr;
    out += list ? "[" : R"({"s":[)";
    bool first = true;
    for (const auto& item : *value.items()) {
      if (!first) out += ',';
      first = false;
      append_json(out, item);
    }
    out += list ? "]" : "]}";
  }
}

std::string to_json(const Value& value) {
  std::string out;
  append_json(out, value);
  return out;
}

std::optional<Value> value_from_json(std::string_view text) {
  Reader reader;
  return nlohmann::json::sax_parse(text.begin(), text.end(), &reader) ? reader.result() : std::nullopt;
}

}  // namespace cloison
