#pragma once
// What people read, in both languages.

#include <cstdint>
#include <string>
#include <string_view>

namespace cloison::report {

enum class Language : uint8_t { english, french };

/// A fixed word or heading. `id` stands for it where programs read, whatever the language.
struct Term {
  std::string_view id{};
  std::string_view english{}, french{};

  [[nodiscard]] constexpr std::string_view in(Language language) const {
    return language == Language::french ? french : english;
  }
};

/// A sentence with something of its own in it, made in both languages where it is known.
struct Phrase {
  std::string english{}, french{};

  Phrase() = default;
  Phrase(std::string in_english, std::string in_french)
      : english(std::move(in_english)), french(std::move(in_french)) {}
  explicit Phrase(const Term& term) : english(term.english), french(term.french) {}
  /// What needs no translation: a name, a digest.
  explicit Phrase(std::string_view name) : english(name), french(name) {}

  [[nodiscard]] const std::string& in(Language language) const {
    return language == Language::french ? french : english;
  }
  [[nodiscard]] bool empty() const { return english.empty(); }
};

}  // namespace cloison::report
