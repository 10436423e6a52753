#include "core/ops/pseudonyms.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/model/value_json.h"
#include "core/net/json.h"

namespace cloison::ops {

namespace {

using net::Json;

constexpr std::size_t k_deepest = 96;  // values nest up to 32 levels, in what a log's entry has around them

/// Letters beyond ASCII count as such: nobody's name ends within one.
bool in_word(char c) {
  return is_letter_or_digit(c) || static_cast<unsigned char>(c) >= 0x80U;
}

void add_people(const std::vector<topology::Segment>& segments, std::set<std::string>& into) {
  for (const auto& segment : segments)
    for (const auto& peer : segment.peers) into.insert(peer.name), into.insert(peer.owner);
}

std::string doubled(std::string_view text, char sign) {
  std::string twice;
  for (const char c : text) twice += c == sign ? std::string(2, c) : std::string(1, c);
  return twice;
}

/// As text in quotes would write it in YAML, CSV and JSON.
std::set<std::string> ways_to_write(const std::string& text) {
  std::string json;
  append_json_string(json, text);
  return {text, doubled(text, '"'), doubled(text, '\''), json.substr(1, json.size() - 2)};
}

/// "address", "declared_by": names of our own; what else stands for a member may be somebody's.
bool is_our_word(std::string_view name) {
  return std::all_of(name.begin(), name.end(), [](char c) { return is_letter(c) || c == '_'; });
}

template <class Rewrite>
bool rewrite_json(Json& json, const Rewrite& rewrite) {
  bool changed = false;
  const auto rewrite_text = [&](std::string& text) {
    auto now = rewrite(text);
    changed = changed || now != text;
    text = std::move(now);
  };
  if (auto* text = std::get_if<std::string>(&json.data)) rewrite_text(*text);
  if (auto* items = std::get_if<Json::Array>(&json.data))
    for (auto& item : *items) changed = rewrite_json(item, rewrite) || changed;
  if (auto* members = std::get_if<Json::Object>(&json.data))
    for (auto& [name, value] : *members) {
      if (!is_our_word(name)) rewrite_text(name);
      changed = rewrite_json(value, rewrite) || changed;
    }
  return changed;
}

}  // namespace

std::set<std::string> people_of(const topology::Topology& topology) {
  std::set<std::string> people;
  for (const auto& site : topology.sites) {
    add_people(site.segments, people);
    for (const auto& vpc : site.vpcs) add_people(vpc.segments, people);
  }
  people.erase(std::string());
  return people;
}

Pseudonyms::Pseudonyms(const std::map<std::string, std::string>& instead) : size_(instead.size()) {
  for (const auto& [text, other] : instead)
    for (const auto& way : ways_to_write(text)) add(way, other);
  for (auto& [word, needles] : by_first_word_)
    std::sort(needles.begin(), needles.end(), [](const Needle& a, const Needle& b) {
      return std::pair(b.text.size(), a.text) < std::pair(a.text.size(), b.text);
    });
}

Result<Pseudonyms> Pseudonyms::keyed(state::StateStore& store, const std::set<std::string>& people) {
  constexpr std::size_t k_digits = 12;
  std::map<std::string, std::string> instead;
  for (const auto& one : people) {
    const auto seal = store.sealed("pseudonym\n" + one);
    if (!seal) return fail(seal.error());
    instead.emplace(one, "p-" + seal->substr(0, k_digits));
  }
  return Pseudonyms(instead);
}

void Pseudonyms::add(std::string_view text, const std::string& instead) {
  while (!text.empty() && !in_word(text.front())) text.remove_prefix(1);
  const auto end = std::find_if_not(text.begin(), text.end(), in_word);
  if (text.empty()) return;
  by_first_word_[std::string(text.begin(), end)].push_back({std::string(text), instead});
}

const Pseudonyms::Needle* Pseudonyms::at(std::string_view text, std::size_t place, std::string_view word) const {
  const auto found = by_first_word_.find(word);
  if (found == by_first_word_.end()) return nullptr;
  const auto fits = [&](const Needle& one) {
    if (!text.substr(place).starts_with(one.text)) return false;
    const auto behind = place + one.text.size();
    return behind == text.size() || !in_word(one.text.back()) || !in_word(text[behind]);
  };
  const auto needle = std::find_if(found->second.begin(), found->second.end(), fits);
  return needle == found->second.end() ? nullptr : &*needle;
}

std::string Pseudonyms::in_text(std::string_view text) const {
  if (by_first_word_.empty()) return std::string(text);
  std::string out;
  out.reserve(text.size());
  for (std::size_t place = 0; place < text.size();) {
    auto end = place;
    while (end < text.size() && in_word(text[end])) ++end;
    if (end == place) {
      out += text[place++];
    } else if (const auto* needle = at(text, place, text.substr(place, end - place))) {
      out += needle->instead;
      place += needle->text.size();
    } else {
      out.append(text, place, end - place);
      place = end;
    }
  }
  return out;
}

std::string Pseudonyms::in_json(std::string_view json) const {
  if (by_first_word_.empty()) return std::string(json);
  auto read = net::parse_json(json, k_deepest);
  if (!read) return in_text(json);
  return rewrite_json(*read, [this](std::string_view text) { return in_text(text); }) ? net::to_text(*read)
                                                                                      : std::string(json);
}

std::string Pseudonyms::in_json_lines(std::string_view lines) const {
  if (by_first_word_.empty()) return std::string(lines);
  std::string out;
  for (const auto line : split(lines, '\n'))
    if (!line.empty()) out += in_json(line) + '\n';
  return out;
}

}  // namespace cloison::ops
