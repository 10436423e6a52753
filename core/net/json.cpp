#include "core/net/json.h"

#include <algorithm>
#include <limits>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace cloison::net {

const Json* Json::find(std::string_view name) const {
  const Object* members = as_object();
  if (members == nullptr) return nullptr;
  const auto found =
      std::find_if(members->rbegin(), members->rend(), [&](const auto& one) { return one.first == name; });
  return found == members->rend() ? nullptr : &found->second;
}

std::string_view Json::text_at(std::string_view name) const {
  const Json* member = find(name);
  const std::string* value = member == nullptr ? nullptr : member->as_text();
  return value == nullptr ? std::string_view() : std::string_view(*value);
}

Json& Json::set(std::string name, Json value) {
  if (is_null()) data = Object{};
  std::get<Object>(data).emplace_back(std::move(name), std::move(value));
  return *this;
}

namespace {

/// Builds the tree from parser events, so that the library's own tree, several times as large, never exists.
class Builder {
 public:
  explicit Builder(std::size_t depth) : depth_(depth) {}

  // The names and signatures are the library's SAX interface.
  bool null() { return put({}); }
  bool boolean(bool value) { return put(Json::boolean(value)); }
  bool number_integer(int64_t value) { return put(Json::integer(value)); }
  bool number_unsigned(uint64_t value) {
    const bool fits = value <= static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
    return put(fits ? Json::integer(static_cast<int64_t>(value)) : Json{static_cast<double>(value)});
  }
  bool number_float(double value, const std::string& written) {
    (void)written;
    return put(Json{value});
  }
  bool string(std::string& value) { return put(Json::text(std::move(value))); }
  bool binary(std::vector<uint8_t>& value) {
    (void)value;
    return false;
  }
  bool start_object(std::size_t count) {
    (void)count;
    return open(Json::object());
  }
  bool key(std::string& name) {
    open_.back().name = std::move(name);
    return true;
  }
  bool end_object() { return close(); }
  bool start_array(std::size_t count) {
    (void)count;
    return open(Json::array());
  }
  bool end_array() { return close(); }
  template <class Exception>
  bool parse_error(std::size_t position, const std::string& token, const Exception& exception) {
    (void)token, (void)exception;
    where_ = position;
    return false;
  }

  [[nodiscard]] Json take() { return std::move(root_); }
  [[nodiscard]] std::size_t where() const { return where_; }
  [[nodiscard]] bool too_deep() const { return too_deep_; }

 private:
  struct Open {
    Json value;
    std::string name{};  // of the member to come
  };

  bool open(Json value) {
    too_deep_ = open_.size() >= depth_;
    if (!too_deep_) open_.push_back({std::move(value)});
    return !too_deep_;
  }
  bool close() {
    Json done = std::move(open_.back().value);
    open_.pop_back();
    return put(std::move(done));
  }
  bool put(Json value) {
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (auto* items = std::get_if<Json::Array>(&open_.back().value.data)) {
      items->push_back(std::move(value));
    } else {
      open_.back().value.set(std::move(open_.back().name), std::move(value));
    }
    return true;
  }

  std::size_t depth_;
  std::vector<Open> open_{};
  Json root_{};
  std::size_t where_ = 0;
  bool too_deep_ = false;
};

Diagnostic not_json(std::string detail) {
  return {.kind = ErrorKind::unsupported,
          .code = "CL5101",
          .summary = "the answer is not understood",
          .detail = std::move(detail),
          .hint = "does the address lead to the service itself? --debug shows each exchange"};
}

void append_text(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += fmt::format("\\u{:04x}", byte);
    } else {
      out += c;
    }
  }
  out += '"';
}

struct Writer {
  std::string& out;

  void operator()(std::monostate) const { out += "null"; }
  void operator()(bool value) const { out += value ? "true" : "false"; }
  void operator()(int64_t value) const { out += std::to_string(value); }
  void operator()(double value) const { out += fmt::format("{}", value); }
  void operator()(const std::string& value) const { append_text(out, value); }
  void operator()(const Json::Array& items) const {
    out += '[';
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > 0) out += ',';
      std::visit(*this, items[i].data);
    }
    out += ']';
  }
  void operator()(const Json::Object& members) const {
    out += '{';
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (i > 0) out += ',';
      append_text(out, members[i].first);
      out += ':';
      std::visit(*this, members[i].second.data);
    }
    out += '}';
  }
};

}  // namespace

Result<Json> parse_json(std::string_view text, std::size_t depth) {
  Builder builder(depth);
  try {
    if (nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) return builder.take();
  } catch (const std::exception& error) {
    return fail(not_json(error.what()));
  }
  if (builder.too_deep()) return fail(not_json(fmt::format("JSON nested deeper than {} levels", depth)));
  return fail(
      not_json(fmt::format("no JSON: it breaks off or is malformed at byte {} of {}", builder.where(), text.size())));
}

std::string to_text(const Json& json) {
  std::string out;
  std::visit(Writer{out}, json.data);
  return out;
}

}  // namespace cloison::net
