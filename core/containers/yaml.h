#pragma once
// YAML that is written and never read here: a tree, and its one text. Whatever stands in a text stays inside its
// scalar, for readers of YAML 1.1 and 1.2, for Helm's templates and, where that is asked for, for Compose's variables.

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cloison::containers {

class Yaml {
 public:
  enum class Kind : uint8_t { map, list, text, number, flag, interpolated };

  Yaml() = default;                                                      // an empty map
  Yaml(std::string text) : kind_(Kind::text), text_(std::move(text)) {}  // NOLINT: a text is one
  Yaml(std::string_view text) : kind_(Kind::text), text_(text) {}        // NOLINT
  Yaml(const char* text) : kind_(Kind::text), text_(text) {}             // NOLINT
  template <std::integral Number>
  Yaml(Number number)  // NOLINT
      : kind_(std::same_as<Number, bool> ? Kind::flag : Kind::number), number_(static_cast<int64_t>(number)) {}
  [[nodiscard]] static Yaml list(std::vector<Yaml> items = {}) {
    Yaml made;
    made.kind_ = Kind::list;
    made.items_ = std::move(items);
    return made;
  }
  /// A text of ours in which Compose fills in variables.
  [[nodiscard]] static Yaml interpolated(std::string text) {
    Yaml made(std::move(text));
    made.kind_ = Kind::interpolated;
    return made;
  }

  /// To a map, in the order given.
  Yaml& add(std::string key, Yaml value) {
    keys_.push_back(std::move(key));
    items_.push_back(std::move(value));
    return *this;
  }
  /// To a list.
  Yaml& add(Yaml item) {
    items_.push_back(std::move(item));
    return *this;
  }

  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] bool empty() const { return items_.empty(); }
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] int64_t number() const { return number_; }
  [[nodiscard]] const std::vector<std::string>& keys() const { return keys_; }  ///< of a map, beside `items`
  [[nodiscard]] const std::vector<Yaml>& items() const { return items_; }

 private:
  Kind kind_ = Kind::map;
  std::string text_{};
  int64_t number_ = 0;
  std::vector<std::string> keys_{};
  std::vector<Yaml> items_{};
};

/// For whom: Compose would fill in what stands behind a `$`.
enum class Reader : uint8_t { kubernetes, compose };

/// One document, in blocks, ending with a line end.
[[nodiscard]] std::string yaml_text(const Yaml& document, Reader reader);
/// A scalar: plain where every reader takes it for the same text, else in double quotes.
[[nodiscard]] std::string yaml_scalar(std::string_view text);
/// Lines of a comment; what would end a line is shown instead.
[[nodiscard]] std::string yaml_comment(const std::vector<std::string>& lines);

}  // namespace cloison::containers
