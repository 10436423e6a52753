// Edits of texts: words that are addresses or numbers, statements of nftables' rules.

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/base/ip.h"
#include "core/base/strings.h"
#include "tests/segmentation/edits.h"

namespace cloison::test {

namespace {

using Words = std::vector<std::string>;

Words words_of(const std::string& text) {
  Words words;
  for (const auto word : split(text, ' ')) words.emplace_back(word);
  return words;
}

std::string joined(const Words& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::string with(Words words, std::size_t at, std::string word) {
  words[at] = std::move(word);
  return joined(words);
}

/// A word of a list in braces has a comma behind it.
std::string bare(const std::string& word) {
  return word.ends_with(',') ? word.substr(0, word.size() - 1) : word;
}
std::string like(const std::string& old, const std::string& fresh) {
  return old.ends_with(',') ? fresh + ',' : fresh;
}

bool is_number(const std::string& word) {
  return !word.empty() && word.size() < 10 && word.find_first_not_of("0123456789") == std::string::npos;
}

// --- Statements of a rule
// --------------------------------------------------------------------------------------------

/// Words from `first` up to `last`, which is not one of them.
struct Statement {
  std::size_t first = 0, last = 0;
};

bool begins_statement(const std::string& word) {
  static constexpr std::array<std::string_view, 19> k_words{
      "iifname", "oifname", "ip",     "ip6",  "tcp",    "udp",  "icmp", "icmpv6", "ct",        "meta",
      "fib",     "comment", "accept", "drop", "reject", "jump", "dnat", "snat",   "masquerade"};
  return std::find(k_words.begin(), k_words.end(), word) != k_words.end();
}

std::vector<Statement> statements_of(const Words& words) {
  std::vector<Statement> all;
  bool verdict = false;  // "dnat ip to", "reject with icmpx type": one statement up to the comment
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool in_comment = !all.empty() && words[all.back().first] == "comment";
    if (!in_comment && begins_statement(words[i]) && (!verdict || words[i] == "comment")) {
      all.push_back({i, i});
      verdict = words[i] == "dnat" || words[i] == "snat" || words[i] == "reject";
    }
    if (!all.empty()) all.back().last = i + 1;
  }
  return all;
}

class RuleEdits {
 public:
  RuleEdits(const std::string& rule, const Around& around)
      : words_(words_of(rule)), around_(around), all_statements_(statements_of(words_)) {}

  std::vector<TextEdit> run() {
    if (all_statements_.empty() || all_statements_.front().first != 0) return {};
    for (const auto& one : all_statements_) statement(one);
    // A condition that packets do not show: the rule may be there.
    if (const auto end = verdict_at(); end != k_none) {
      auto limited = words_;
      limited.insert(limited.begin() + static_cast<std::ptrdiff_t>(end), {"limit", "rate", "10/second"});
      add("condition", joined(limited));
      limited = words_;
      limited.insert(limited.begin() + static_cast<std::ptrdiff_t>(end), {"quota", "over", "10", "mbytes"});
      add("spoil", joined(limited), true);
    }
    return std::move(edits_);
  }

 private:
  static constexpr std::size_t k_none = SIZE_MAX;

  void add(std::string operation, std::string text, bool spoilt = false) {
    edits_.push_back({std::move(operation), std::move(text), spoilt});
  }
  [[nodiscard]] std::size_t verdict_at() const {
    for (const auto& one : all_statements_)
      for (const auto* word : {"accept", "drop", "dnat", "snat", "masquerade", "jump", "reject"})
        if (words_[one.first] == word) return one.first;
    return k_none;
  }

  void statement(const Statement& one) {
    const auto& word = words_[one.first];
    if (word == "comment") {
      auto other = words_;
      other[one.first + 1] = "\"another reason\"";
      other.resize(one.first + 2);
      add("rename", joined(other));
      return;
    }
    if (word == "accept" || word == "drop" || word == "reject") {
      auto other = words_;
      other.erase(other.begin() + static_cast<std::ptrdiff_t>(one.first),
                  other.begin() + static_cast<std::ptrdiff_t>(one.last));
      other.insert(other.begin() + static_cast<std::ptrdiff_t>(one.first), word == "accept" ? "drop" : "accept");
      add("flip", joined(other));
      return;
    }
    without(one);
    negated(one);
    for (std::size_t i = one.first; i < one.last; ++i) value(one, i);
    members(one);
  }

  /// A condition less: more packets match.
  void without(const Statement& one) {
    auto other = words_;
    other.erase(other.begin() + static_cast<std::ptrdiff_t>(one.first),
                other.begin() + static_cast<std::ptrdiff_t>(one.last));
    add("drop", joined(other));
  }

  void negated(const Statement& one) {
    const auto& word = words_[one.first];
    const bool one_word = word == "iifname" || word == "oifname";
    const bool two_words = (word == "ip" || word == "ip6" || word == "tcp" || word == "udp") &&
                           one.first + 2 < one.last && words_[one.first + 1] != "protocol";
    if (!one_word && !two_words) return;
    const auto at = one.first + (one_word ? 1 : 2);
    auto other = words_;
    if (other[at] == "!=")
      other.erase(other.begin() + static_cast<std::ptrdiff_t>(at));
    else
      other.insert(other.begin() + static_cast<std::ptrdiff_t>(at), "!=");
    add("flip", joined(other));
  }

  void value(const Statement& one, std::size_t i) {
    const auto& word = words_[i];
    const auto plain = bare(word);
    const auto& name = words_[one.first];
    const bool ports = name == "tcp" || name == "udp";
    if (i == one.first) {
      if (ports) add("other value", with(words_, i, name == "tcp" ? "udp" : "tcp"));
      return;
    }
    if (plain == "dport" || plain == "sport")
      add("other value", with(words_, i, plain == "dport" ? "sport" : "dport"));
    else if (plain == "saddr" || plain == "daddr")
      add("other value", with(words_, i, plain == "saddr" ? "daddr" : "saddr"));
    else if (plain.starts_with('"') && (name == "iifname" || name == "oifname"))
      interfaces(i);
    else if (name == "ct")
      states(i);
    else
      addresses(i);
    if (ports) numbers(i);
    if ((name == "icmp" || name == "icmpv6" || name == "meta") && is_number(plain))
      add("other value", with(words_, i, like(word, std::to_string((std::stoi(plain) + 1) % 256))));
    if (plain.starts_with('@')) add("spoil", with(words_, i, "@no-such-set"), true);
  }

  void interfaces(std::size_t i) {
    for (const auto& other : around_.interfaces)
      if ('"' + other + '"' != bare(words_[i])) {
        add("move", with(words_, i, like(words_[i], '"' + other + '"')));
        return;
      }
  }

  void states(std::size_t i) {
    if (words_[i] == "state") return;
    const bool listed = words_[i].starts_with("0x");
    const std::string fresh = listed ? "0x8" : "new", known = listed ? "0x2" : "established";
    add("widen", with(words_, i, fresh + "," + known));
    add("other value", with(words_, i, words_[i] == fresh ? known : fresh));
    add("spoil", with(words_, i, "no-such-state"), true);
  }

  void addresses(std::size_t i) {
    for (const auto& edit : edits_of_address(bare(words_[i]), around_)) {
      add(edit.operation, with(words_, i, like(words_[i], edit.word)));
      // One member too many: the neighbour beside it.
      if (edit.operation == "move") add("one too many", beside(i, edit.word));
    }
  }
  /// In braces with another one.
  [[nodiscard]] std::string beside(std::size_t i, const std::string& other) const {
    const bool in_braces = std::find(words_.begin(), words_.begin() + static_cast<std::ptrdiff_t>(i), "{") !=
                           words_.begin() + static_cast<std::ptrdiff_t>(i);
    if (in_braces) return with(words_, i, bare(words_[i]) + ", " + like(words_[i], other));
    return with(words_, i, "{ " + words_[i] + ", " + other + " }");
  }

  void numbers(std::size_t i) {
    const auto plain = bare(words_[i]);
    const auto dash = plain.find('-');
    const auto first = plain.substr(0, dash);
    if (!is_number(first)) return;
    const auto low = std::stoi(first), high = dash == std::string::npos ? low : std::stoi(plain.substr(dash + 1));
    if (high >= 65535 || low < 1) return;
    add("widen", with(words_, i, like(words_[i], fmt::format("{}-{}", low, high + 1))));
    add("widen", with(words_, i, like(words_[i], fmt::format("{}-{}", low - 1, high))));
    if (high > low) add("narrow", with(words_, i, like(words_[i], fmt::format("{}-{}", low + 1, high))));
    add("other value", with(words_, i, like(words_[i], std::to_string(high + 1))));
    add("spoil", with(words_, i, like(words_[i], "nonsense")), true);
  }

  /// One member too few of what stands in braces.
  void members(const Statement& one) {
    const auto begin = words_.begin() + static_cast<std::ptrdiff_t>(one.first);
    const auto end = words_.begin() + static_cast<std::ptrdiff_t>(one.last);
    const auto open = std::find(begin, end, "{"), close = std::find(begin, end, "}");
    if (open == end || close == end || close - open < 3) return;
    for (auto at = open + 1; at != close; ++at) {
      auto other = words_;
      const auto index = at - words_.begin();
      other.erase(other.begin() + index);
      auto& before = other[static_cast<std::size_t>(index) - 1];
      if (at + 1 == close && before.ends_with(',')) before.pop_back();
      add("one too few", joined(other));
    }
  }

  Words words_;
  const Around& around_;
  std::vector<Statement> all_statements_;
  std::vector<TextEdit> edits_{};
};

}  // namespace

std::vector<TextEdit> edits_of_rule(const std::string& rule, const Around& around) {
  return RuleEdits(rule, around).run();
}

std::vector<WordEdit> edits_of_address(const std::string& word, const Around& around) {
  const auto prefix = IpPrefix::parse_loose(word);
  if (!prefix) return {};
  const auto slash = word.find('/');
  const auto bits = address_bits(prefix->family());
  std::vector<WordEdit> all;
  const auto add = [&](const char* operation, const std::string& text) {
    if (text != word) all.push_back({operation, text});
  };
  const auto text_of = [&](unsigned length) { return fmt::format("{}/{}", word.substr(0, slash), length); };
  const unsigned length = prefix->length;
  // As nftables lists it, without bits behind its length.
  const auto settled = [&](unsigned shorter) { return IpPrefix::parse_loose(text_of(shorter))->text(); };
  const bool of_interface = prefix->address.text() != word.substr(0, slash);  // an address with its network's length
  if (length > 0) add("widen", of_interface ? text_of(length - 1) : settled(length - 1));
  if (length < bits) add("narrow", text_of(length + 1));
  for (const auto& other : around.segments) {
    if (other.family() != prefix->family() || other.overlaps(*prefix)) continue;
    add("move", slash == std::string::npos && length == bits ? other.nth(1)->text()
                : of_interface                               ? fmt::format("{}/{}", other.nth(1)->text(), other.length)
                                                             : other.text());
    break;
  }
  for (const auto& other : around.segments)
    if (other.contains(*prefix) && other != *prefix && !of_interface) {
      add("a zone for one", other.text());
      break;
    }
  return all;
}

std::vector<TextEdit> edits_of_words(const std::string& text, const Around& around) {
  std::vector<TextEdit> all;
  const auto words = words_of(text);
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto& word = words[i];
    const auto edits = edits_of_address(word, around);
    for (const auto& edit : edits) all.push_back({edit.operation, with(words, i, edit.word)});
    if (!edits.empty()) all.push_back({"spoil", with(words, i, "nonsense"), true});
    if (!edits.empty() && words.size() > 2) {
      auto fewer = words;
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
      all.push_back({"one too few", joined(fewer)});
      for (const auto& edit : edits)
        if (edit.operation == "move") all.push_back({"one too many", with(words, i, word + ' ' + edit.word)});
    }
    if (is_number(word)) all.push_back({"other value", with(words, i, std::to_string(std::stol(word) + 1))});
    if (const auto at = word.find('%'); at != std::string::npos && !around.interfaces.empty())
      all.push_back({"move", with(words, i, word.substr(0, at + 1) + around.interfaces.front())});
    if (std::find(around.interfaces.begin(), around.interfaces.end(), word) != around.interfaces.end())
      for (const auto& other : around.interfaces)
        if (other != word) {
          all.push_back({"move", with(words, i, other)});
          break;
        }
  }
  return all;
}

}  // namespace cloison::test
