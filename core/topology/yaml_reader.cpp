#include "core/topology/yaml_reader.h"

#include <sstream>
#include <streambuf>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include "core/base/strings.h"
#include "core/topology/shape.h"

namespace cloison::topology {

namespace {

constexpr std::string_view k_no_anchors =
    "Anchors, aliases and '<<' hide where a value comes from, and a few lines of them can grow without limit.";

/// Ends a parse from inside an event; the note is already written.
struct Stop {};

/// Reads from memory without a copy.
struct ViewBuffer : std::streambuf {
  explicit ViewBuffer(std::string_view text) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): setg wants it; nothing is written
    char* begin = const_cast<char*>(text.data());
    setg(begin, begin, begin + text.size());
  }
};

/// The length of the written scalar within its first line, for the caret line.
uint32_t written_length(std::string_view line, std::size_t column, bool plain, std::string_view value) {
  if (column >= line.size()) {
    return 1;
  }
  const std::string_view rest = line.substr(column);
  if (plain) {
    return static_cast<uint32_t>(rest.starts_with(value) ? value.size()
                                                         : std::max<std::size_t>(trimmed(rest).size(), 1));
  }
  const char quote = rest[0];
  if (quote != '"' && quote != '\'') {
    return 1;  // a block scalar: its indicator
  }
  for (std::size_t i = 1; i < rest.size(); ++i) {
    if (quote == '"' && rest[i] == '\\') {
      ++i;
    } else if (rest[i] == quote) {
      if (quote == '\'' && i + 1 < rest.size() && rest[i + 1] == '\'') {
        ++i;
      } else {
        return static_cast<uint32_t>(i + 1);
      }
    }
  }
  return static_cast<uint32_t>(rest.size());
}

class Builder final : public YAML::EventHandler {
 public:
  Builder(FileId file, std::string_view text, Tree& tree, Notes& notes, const ReadLimits& limits, std::size_t& nodes)
      : file_(file), text_(text), tree_(tree), notes_(notes), limits_(limits), nodes_(nodes) {
    line_starts_.push_back(0);
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\n') {
        line_starts_.push_back(i + 1);
      }
    }
  }

  [[nodiscard]] const YamlNode* root() const { return root_; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) {
      refuse(mark, 3,
             {.code = "CL1008",
              .summary = "a second YAML document begins here",
              .detail = "A file is one document; blocks of a folder's files are joined.",
              .hint = "remove the line '---', or move what follows into a file of its own"});
      throw Stop{};
    }
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_anchor(mark, anchor);
    const Place at = place(mark, 1);
    // a null that nobody wrote has the place of what follows; its key is what people should be shown
    const std::string_view rest = rest_of_line(at);
    const bool written =
        rest.starts_with("~") || rest.starts_with("null") || rest.starts_with("Null") || rest.starts_with("NULL");
    if (written && plain_type(rest.substr(0, 4)) == PlainType::ambiguous_word) {
      ambiguous(mark, rest.substr(0, 4), PlainType::ambiguous_word);
    }
    Place shown = at;
    shown.length = written ? (rest[0] == '~' ? 1 : 4) : 1;
    if (!written && !stack_.empty() && stack_.back().has_key) {
      shown = stack_.back().key_place;
    }
    value(mark, YamlNode{.kind = YamlNode::Kind::null, .plain = true, .place = shown});
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (aliased_.insert(anchor).second) {
      refuse(mark, 1,
             {.code = "CL1007",
              .summary = "YAML aliases are not read",
              .detail = std::string(k_no_anchors),
              .hint = "write the value out, or use for_each with {{variables}}"});
    }
    value(mark, YamlNode{.kind = YamlNode::Kind::null, .checked = true, .place = place(mark, 1)});
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    refuse_anchor(mark, anchor);
    const bool plain = tag == "?" || tag.empty();
    refuse_tag(mark, tag);
    Place at = place(mark, 1);
    at.length = written_length(line(at.line), at.column - 1, plain, text);
    if (wants_key()) {
      key(mark, at, text, plain);
      return;
    }
    const PlainType type = plain ? plain_type(text) : PlainType::text;
    const bool secret = !stack_.empty() && is_secret_key(stack_.back().key);
    const bool refused = !secret && (type == PlainType::ambiguous_word || type == PlainType::ambiguous_number);
    if (refused) {
      ambiguous(mark, text, type);
    }
    value(mark, YamlNode{.kind = YamlNode::Kind::scalar,
                         .plain = plain,
                         .templated = text.find("{{") != std::string::npos,
                         .checked = refused,
                         .place = at,
                         .text = tree_.keep(text)});
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, YamlNode::Kind::list);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, YamlNode::Kind::map);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Frame {
    YamlNode node{};
    std::vector<YamlEntry> entries{};
    bool has_key = false;
    bool bad_key = false;  // the key was refused: its value goes
    std::string_view key{};
    Place key_place{};
    std::unordered_map<std::string_view, std::size_t> seen{};
  };

  [[nodiscard]] Place place(const YAML::Mark& mark, uint32_t length) const {
    return {.file = file_,
            .line = static_cast<uint32_t>(std::max(mark.line, 0) + 1),
            .column = static_cast<uint32_t>(std::max(mark.column, 0) + 1),
            .length = length};
  }
  [[nodiscard]] std::string_view line(uint32_t number) const {
    if (number == 0 || number > line_starts_.size()) {
      return {};
    }
    const std::size_t begin = line_starts_[number - 1];
    const std::size_t end = number < line_starts_.size() ? line_starts_[number] - 1 : text_.size();
    return text_.substr(begin, end - begin);
  }
  [[nodiscard]] std::string_view rest_of_line(const Place& at) const {
    const std::string_view whole = line(at.line);
    return at.column - 1 < whole.size() ? whole.substr(at.column - 1) : std::string_view{};
  }
  void refuse(const YAML::Mark& mark, uint32_t length, Note note) {
    notes_.add(std::move(note), add_span(place(mark, length), notes_.sources()));
  }

  void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor != 0) {
      refuse(mark, 1,
             {.code = "CL1007",
              .summary = "YAML anchors are not read",
              .detail = "Anchors, aliases and '<<' hide where a value comes from, and a few lines of them can grow "
                        "without limit.",
              .hint = "remove the '&…' mark and write the value where it is needed"});
    }
  }
  void refuse_tag(const YAML::Mark& mark, const std::string& tag) {
    if (tag != "?" && tag != "!" && !tag.empty()) {
      refuse(mark, 1,
             {.code = "CL1008",
              .summary = fmt::format("YAML tag '{}' is not read", tag),
              .detail = "The schema alone says which type a value has.",
              .hint = "remove the tag; text that looks like a number goes in quotes"});
    }
  }
  void ambiguous(const YAML::Mark& mark, std::string_view text, PlainType type) {
    const bool word = type == PlainType::ambiguous_word;
    const bool null = text == "Null" || text == "NULL";
    const bool truth = !text.empty() && (text[0] == 'y' || text[0] == 'Y' || text[0] == 't' || text[0] == 'T' ||
                                         text == "on" || text == "On" || text == "ON");
    refuse(mark, static_cast<uint32_t>(text.size()),
           {.code = word ? "CL1009" : "CL1010",
            .summary = fmt::format("'{}' is ambiguous", text),
            .detail = word ? "YAML 1.1 reads it as a boolean (or as nothing), YAML 1.2 as text."
                           : "YAML 1.1 and YAML 1.2 read this number differently (octal, hexadecimal, '_', base 60).",
            .hint = word ? fmt::format("write \"{}\" in quotes where text is meant, {} where {} is", text,
                                       null    ? "null"
                                       : truth ? "true"
                                               : "false",
                                       null ? "nothing" : "true or false")
                         : fmt::format("write \"{}\" in quotes for text, or a plain decimal number", text)});
  }

  [[nodiscard]] bool wants_key() const {
    return !stack_.empty() && stack_.back().node.kind == YamlNode::Kind::map && !stack_.back().has_key;
  }

  void key(const YAML::Mark& mark, const Place& at, const std::string& text, bool plain) {
    Frame& frame = stack_.back();
    frame.has_key = true;
    frame.bad_key = false;
    frame.key = tree_.keep(text);
    frame.key_place = at;
    const PlainType type = plain ? plain_type(text) : PlainType::text;
    if (text == "<<" && plain) {
      frame.bad_key = frame.node.checked = true;  // what it would have brought is not missing
      refuse(mark, 2,
             {.code = "CL1007",
              .summary = "YAML merge keys ('<<') are not read",
              .detail = "They hide where a value comes from.",
              .hint = "write the keys out, or lay a file over this one with -f"});
    } else if (type == PlainType::ambiguous_word || type == PlainType::ambiguous_number) {
      ambiguous(mark, text, type);
    }
    const auto [first, is_new] = frame.seen.emplace(frame.key, frame.entries.size());
    if (!is_new && !frame.bad_key) {
      frame.bad_key = true;
      Note note{.code = "CL1006",
                .summary = fmt::format("key '{}' is given twice", text),
                .detail = "Only one of them could count.",
                .hint = fmt::format("remove one of the two, or rename it"),
                .related = {}};
      if (first->second < frame.entries.size()) {
        note.related.emplace_back(span_of(frame.entries[first->second], notes_.sources()), "first given here");
      }
      notes_.add(std::move(note), add_span(at, notes_.sources()));
    }
  }

  void value(const YAML::Mark& mark, YamlNode node) {
    if (++nodes_ > limits_.nodes) {
      refuse(mark, 1,
             {.code = "CL1011",
              .summary = fmt::format("more than {} values in the YAML files", limits_.nodes),
              .hint = "move repeated entries into a CSV file and use for_each: {csv: sites.csv, key: name}"});
      throw Stop{};
    }
    if (wants_key()) {
      refuse(mark, 1,
             {.code = "CL1012",
              .summary = "a key must be a plain word",
              .detail = "YAML allows empty keys, lists and maps as keys; topologies do not.",
              .hint = node.is_map() ? "a value that begins with '{{' needs quotes: \"{{name}}\""
                                    : "write a word; what holds for several is written for each"});
      stack_.back().has_key = true;
      stack_.back().bad_key = stack_.back().node.checked = true;
      return;
    }
    const YamlNode* made = tree_.make(node);
    if (stack_.empty()) {
      root_ = made;
      return;
    }
    Frame& frame = stack_.back();
    frame.node.templated = frame.node.templated || node.templated || frame.key == "for_each";
    if (!frame.bad_key) {
      frame.entries.push_back({.key = frame.key, .place = frame.key_place, .value = made});
    }
    frame.has_key = frame.bad_key = false;
    frame.key = {};
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YamlNode::Kind kind) {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    if (stack_.size() >= limits_.depth) {
      refuse(mark, 1,
             {.code = "CL1011",
              .summary = fmt::format("nested deeper than {} levels", limits_.depth),
              .hint = "topologies need about ten levels: is a bracket missing?"});
      throw Stop{};
    }
    // block collections have the place of their first key or item; flow ones of their bracket
    stack_.push_back({.node = {.kind = kind, .place = place(mark, 1)}});
    stack_.back().node.plain = true;
  }

  void close() {
    Frame frame = std::move(stack_.back());
    stack_.pop_back();
    tree_.give(frame.node, frame.entries);
    YAML::Mark mark;
    mark.line = static_cast<int>(frame.node.place.line) - 1;
    mark.column = static_cast<int>(frame.node.place.column) - 1;
    value(mark, frame.node);
  }

  FileId file_;
  std::string_view text_;
  Tree& tree_;
  Notes& notes_;
  const ReadLimits& limits_;
  std::size_t& nodes_;
  std::vector<std::size_t> line_starts_{};
  std::vector<Frame> stack_{};
  const YamlNode* root_ = nullptr;
  int documents_ = 0;
  std::unordered_set<YAML::anchor_t> aliased_{};  // each is refused once, however many aliases a bomb has
};

/// Directives never reach the events, and tabs end as a syntax error that does not say so.
bool check_lines(FileId file, std::string_view text, Notes& notes) {
  bool good = true;
  bool begun = false;
  uint32_t number = 0;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = text.substr(begin, end - begin);
    ++number;
    const auto first = line.find_first_not_of(" \t");
    const bool blank = first == std::string_view::npos || line[first] == '#';
    if (!begun && line.starts_with('%')) {
      good = false;
      notes.add({.code = "CL1008",
                 .summary = "YAML directives are not read",
                 .detail = "Topologies are YAML 1.2 without tags.",
                 .hint = "remove this line"},
                add_span({.file = file, .line = number, .column = 1, .length = static_cast<uint32_t>(line.size())},
                         notes.sources()));
    }
    const auto tab = line.find('\t');
    if (!blank && tab != std::string_view::npos && tab < first) {
      good = false;
      notes.add(
          {.code = "CL1005",
           .summary = "a tab indents this line",
           .detail = "YAML indents with spaces only.",
           .hint = fmt::format("replace the tab by spaces: {}{}", std::string(2 * tab + 2, ' '), line.substr(first))},
          add_span({.file = file, .line = number, .column = static_cast<uint32_t>(tab + 1), .length = 1},
                   notes.sources()));
    }
    begun = begun || !blank;
    begin = end + 1;
  }
  return good;
}

std::string syntax_hint(std::string_view message, std::string_view line) {
  if (line.find("{{") != std::string_view::npos && line.find("\"{{") == std::string_view::npos) {
    return "a value that begins with '{{' needs quotes: \"{{name}}\"";
  }
  if (message.find("flow") != std::string_view::npos || message.find("end of") != std::string_view::npos) {
    return "is a ']', '}', ',' or quote missing, or does a line stand in another column than its neighbours?";
  }
  if (message.find("map value") != std::string_view::npos || message.find("mapping values") != std::string_view::npos) {
    return "text that holds ': ' needs quotes; keys of one block stand in one column";
  }
  return "keys of one block stand in one column, and each bracket above is closed; text with ': ' or '#' needs quotes";
}

/// Of a file that cannot be parsed no tree tells where secrets stand; whatever follows a key that sounds like one is
/// blanked to the end of its line, so that no message shows it.
void blank_secret_lines(FileId file, std::string_view text, SourceMap& sources) {
  uint32_t number = 0;
  for (const std::string_view line : split(text, '\n')) {
    ++number;
    for (std::size_t colon = line.find(':'); colon != std::string_view::npos; colon = line.find(':', colon + 1)) {
      const auto before = line.substr(0, colon);
      const auto start = before.find_last_of(" \t{,[");
      if (!is_secret_key(start == std::string_view::npos ? before : before.substr(start + 1))) continue;
      sources.blank({.file = file,
                     .line = number,
                     .column = static_cast<uint32_t>(colon + 2),
                     .end_line = number,
                     .end_column = static_cast<uint32_t>(line.size() + 1)});
      break;
    }
  }
}

}  // namespace

const YamlNode* read_yaml(FileId file, Tree& tree, Notes& notes, const ReadLimits& limits, std::size_t& nodes) {
  const std::string text(notes.sources().file_text(file));  // spans added meanwhile may move small files' texts
  if (!check_lines(file, text, notes)) {
    blank_secret_lines(file, text, notes.sources());
    notes.set_unusable();
    return nullptr;
  }
  Builder builder(file, text, tree, notes, limits, nodes);
  const auto syntax = [&](const YAML::Mark& mark, std::string_view message) {
    blank_secret_lines(file, text, notes.sources());
    const auto line = static_cast<uint32_t>(std::max(mark.line, 0) + 1);
    const auto column = static_cast<uint32_t>(std::max(mark.column, 0) + 1);
    const SpanId span = add_span({.file = file, .line = line, .column = column, .length = 1}, notes.sources());
    notes.add({.code = "CL1004",
               .summary = "this is not valid YAML",
               .detail = std::string(message),
               .hint = syntax_hint(message, notes.sources().source_line(span).value_or(""))},
              span);
    notes.set_unusable();
  };
  try {
    ViewBuffer buffer(text);
    std::istream stream(&buffer);
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Stop&) {
    blank_secret_lines(file, text, notes.sources());
    notes.set_unusable();
    return nullptr;
  } catch (const YAML::Exception& error) {
    syntax(error.mark, error.msg);
    return nullptr;
  } catch (const std::exception& error) {  // yaml-cpp lets std::bad_alloc and stream errors through
    syntax(YAML::Mark(), error.what());
    return nullptr;
  }
  return builder.root();
}

}  // namespace cloison::topology
