#include "core/model/value_reader.h"

#include <charconv>
#include <cstring>
#include <functional>
#include <iterator>

#include "core/model/value_json.h"

namespace cloison {

namespace {

/// Whether every byte is printable ASCII and none a backslash: then a text ends at the next quotation mark.
bool is_plain(std::string_view text) {
  constexpr uint64_t k_ones = 0x0101010101010101U;
  constexpr uint64_t k_high = 0x8080808080808080U;
  constexpr uint64_t k_blank = 0x20;
  const auto suspicious = [](uint64_t bytes) {
    const uint64_t slashes = bytes ^ (k_ones * '\\');
    // The high bit of a byte that is below a blank, that is 0x7f or above, or that is a backslash.
    const uint64_t below = (bytes - k_ones * k_blank) & ~bytes;
    const uint64_t above = bytes | (bytes + k_ones);
    const uint64_t slash = (slashes - k_ones) & ~slashes;
    return ((below | above | slash) & k_high) != 0;
  };
  std::size_t at = 0;
  for (uint64_t bytes = 0; at + sizeof bytes <= text.size(); at += sizeof bytes) {
    std::memcpy(&bytes, text.data() + at, sizeof bytes);
    if (suspicious(bytes)) return false;
  }
  uint64_t rest = k_ones * k_blank;
  std::memcpy(&rest, text.data() + at, text.size() - at);
  return !suspicious(rest);
}

/// Reads what `append_json` writes when nothing had to be escaped. It gives up on everything else, which is not to say
/// that that is wrong: the careful reader decides.
class PlainReader {
 public:
  PlainReader(std::string_view text, SharedLeaves& leaves, std::vector<Value>& open)
      : at_(text.data()), end_(text.data() + text.size()), leaves_(leaves), open_(open) {}

  [[nodiscard]] bool whole(Value& into) { return value(into, 0) && at_ == end_; }

 private:
  [[nodiscard]] bool take(std::string_view word) {
    if (static_cast<std::size_t>(end_ - at_) < word.size() || std::memcmp(at_, word.data(), word.size()) != 0)
      return false;
    at_ += word.size();
    return true;
  }
  [[nodiscard]] bool take(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }

  [[nodiscard]] std::optional<std::string_view> text() {
    if (!take('"')) return std::nullopt;
    const auto* close = static_cast<const char*>(std::memchr(at_, '"', static_cast<std::size_t>(end_ - at_)));
    if (close == nullptr) return std::nullopt;
    const std::string_view content(at_, static_cast<std::size_t>(close - at_));
    at_ = close + 1;
    return content;
  }

  [[nodiscard]] bool value(Value& into, unsigned depth) {
    if (at_ == end_ || depth >= k_value_depth_limit) return false;
    switch (*at_) {
      case '"': {
        const auto content = text();
        if (content) into = leaves_.text(*content);
        return content.has_value();
      }
      case 'n':
        return take("null");
      case 't':
        into = Value::boolean(true);
        return take("true");
      case 'f':
        into = Value::boolean(false);
        return take("false");
      case '[':
        return items(into, depth, &Value::list);
      case '{':
        return tagged(into, depth + 1);
      default:
        return number(into);
    }
  }

  /// Without leading zeros or a minus before zero, which append_json never writes.
  [[nodiscard]] bool number(Value& into) {
    const char* digits = *at_ == '-' ? at_ + 1 : at_;
    if (digits == end_ || *digits < '0' || *digits > '9') return false;
    int64_t content = 0;
    const auto [next, error] = std::from_chars(at_, end_, content);
    if (error != std::errc{} || (*digits == '0' && next != at_ + 1)) return false;
    at_ = next;
    into = Value::integer(content);
    return true;
  }

  [[nodiscard]] bool items(Value& into, unsigned depth, Value (*make)(std::vector<Value>)) {
    ++at_;
    const std::size_t first = open_.size();
    const bool empty = take(']');
    for (bool more = !empty; more; more = take(',')) {
      Value item;
      if (!value(item, depth + 1)) return false;
      open_.push_back(std::move(item));
    }
    if (!empty && !take(']')) return false;
    const auto begin = open_.begin() + static_cast<std::ptrdiff_t>(first);
    into = make(std::vector<Value>(std::make_move_iterator(begin), std::make_move_iterator(open_.end())));
    open_.erase(begin, open_.end());
    return true;
  }

  [[nodiscard]] bool tagged(Value& into, unsigned depth) {
    if (depth >= k_value_depth_limit) return false;
    if (take(R"({"s":)")) return at_ != end_ && *at_ == '[' && items(into, depth, &Value::slots) && take('}');
    if (take(R"({"p":)")) {
      const auto content = text();
      const auto prefix = content ? IpPrefix::parse(*content) : std::nullopt;
      if (prefix) into = leaves_.prefix(*prefix);
      return prefix && take('}');
    }
    if (take(R"({"r":[)")) {
      const auto address = text();
      const bool two = address && take(',');
      const auto attribute = two ? text() : std::nullopt;
      if (attribute)
        into = attribute->empty() ? leaves_.ref(*address) : Value::ref(std::string(*address), std::string(*attribute));
      return attribute && take(']') && take('}');
    }
    if (take(R"({"x":)")) {
      const auto digest = text();
      if (digest) into = Value::secret(std::string(*digest));
      return digest && take('}');
    }
    return false;
  }

  const char* at_;
  const char* end_;
  SharedLeaves& leaves_;
  std::vector<Value>& open_;
};

}  // namespace

Value SharedLeaves::text(std::string_view content) {
  Value& kept = texts_[std::hash<std::string_view>{}(content) & (texts_.size() - 1)];
  const auto* known = kept.as_text();
  if (known == nullptr || *known != content) kept = Value::text(std::string(content));
  return kept;
}

Value SharedLeaves::prefix(const IpPrefix& content) {
  constexpr uint64_t k_spread = 0x9e3779b97f4a7c15U;  // Fibonacci hashing: neighbours fall far apart
  const auto bits = static_cast<uint64_t>(content.address.bits) ^ static_cast<uint64_t>(content.address.bits >> 64U);
  Value& kept = prefixes_[((bits + content.length) * k_spread >> 32U) & (prefixes_.size() - 1)];
  const auto* known = kept.as_prefix();
  if (known == nullptr || *known != content) kept = Value::prefix(content);
  return kept;
}

Value SharedLeaves::ref(std::string_view address) {
  Value& kept = refs_[std::hash<std::string_view>{}(address) & (refs_.size() - 1)];
  const auto* known = kept.as_ref();
  if (known == nullptr || known->address != address || !known->attribute.empty())
    kept = Value::ref(std::string(address));
  return kept;
}

std::optional<Value> ValueReader::read(std::string_view json) {
  Value value;
  open_.clear();
  if (is_plain(json) && PlainReader(json, leaves_, open_).whole(value)) return value;
  return value_from_json(json);
}

}  // namespace cloison
