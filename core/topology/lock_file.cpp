#include "core/topology/lock_file.h"

#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "core/base/ip.h"
#include "core/base/strings.h"

namespace cloison::topology {

namespace {

constexpr std::string_view k_title =
    "# Addresses and names that cloison gave once and keeps. Commit this file with the topology.\n";
constexpr std::string_view k_lineage = "lineage";
constexpr std::size_t k_most_bytes = 64U << 20U;

/// One line "key: value"; the key ends at the last ": ", because paths hold no blank after a colon but IPv6 is full of
/// colons.
struct Line {
  std::string_view key{}, value{};
};

std::optional<Line> cut(std::string_view text) {
  const auto colon = text.find(": ");
  if (colon == std::string_view::npos) {
    return std::nullopt;
  }
  return Line{trimmed(text.substr(0, colon)), trimmed(text.substr(colon + 2))};
}

bool fits(std::string_view key, std::string_view value) {
  const auto words = split(key, ' ');
  if (words.size() == 3 && (words[1] == "ipv4" || words[1] == "ipv6")) {
    const Family family = words[1] == "ipv4" ? Family::ipv4 : Family::ipv6;
    if (words[0] == "cidr") {
      const auto prefix = IpPrefix::parse(value);
      return prefix && prefix->family() == family;
    }
    const auto address = IpAddress::parse(value);
    return words[0] == "address" && address && address->family == family;
  }
  if (words.size() != 2 || words[0] != "pin" || value.empty()) {
    return false;
  }
  for (const std::string_view one : split(value, ' ')) {
    if (!IpAddress::parse(one)) {
      return false;
    }
  }
  return true;
}

bool is_conflict_marker(std::string_view text) {
  return text.starts_with("<<<<<<<") || text.starts_with("=======") || text.starts_with(">>>>>>>") ||
         text.starts_with("|||||||");
}

Diagnostic wrong(std::string code, SpanId where, std::string summary, std::string detail, std::string hint) {
  return Diagnostic{.kind = ErrorKind::topology,
                    .code = std::move(code),
                    .summary = std::move(summary),
                    .detail = std::move(detail),
                    .hint = std::move(hint),
                    .where = where};
}

class Reader {
 public:
  Reader(FileId file, SourceMap& sources) : file_(file), sources_(sources) {}

  void line(uint32_t number, std::string_view text) {
    const std::string_view body = trimmed(text);
    if (body.empty() || body.starts_with('#')) {
      return;
    }
    const auto columns = static_cast<uint32_t>(std::min<std::size_t>(text.size(), 4096));
    const SpanId where = sources_.add(SourceSpan{file_, number, 1, number, columns + 1});
    if (is_conflict_marker(body)) {
      conflict(where);
      return;
    }
    const auto parts = cut(body);
    if (parts && parts->key == k_lineage) {
      lineage(where, parts->value);
    } else if (!parts || !fits(parts->key, parts->value)) {
      notes_.push_back(
          wrong("CL1320", where, "this line of the lock file cannot be read",
                "a line is 'cidr ipv4 PATH: PREFIX', 'address ipv4 PATH: ADDRESS' or 'pin NAME: ADDRESSES'",
                "delete the line; `cloison plan` gives the entry anew, or restores it from the state"));
    } else {
      entry(where, std::string(parts->key), std::string(parts->value));
    }
  }
  Checked<LockFile> finish() { return {std::move(lock_), std::move(notes_)}; }

 private:
  void conflict(SpanId where) {
    if (!conflict_seen_) {
      notes_.push_back(wrong("CL1321", where, "the lock file holds the markers of an unfinished merge",
                             "both sides of the merge stand in the file",
                             "keep the lines of both sides and delete the lines that begin with <<<<<<<, ======= and "
                             ">>>>>>>; `cloison validate` then names any block that is there twice"));
    }
    conflict_seen_ = true;
  }
  void lineage(SpanId where, std::string_view value) {
    if (!lock_.lineage.empty() && lock_.lineage != value) {
      notes_.push_back(wrong("CL1322", where, "the lock file names two lineages",
                             fmt::format("'{}' and '{}'", lock_.lineage, printable(value)),
                             "keep the line of the branch whose state is in use"));
    }
    lock_.lineage = std::string(value);
  }
  void entry(SpanId where, std::string key, std::string value) {
    // The file is sorted as we write it, so that each entry mostly comes last.
    const std::size_t before = lock_.entries.size();
    const auto at = lock_.entries.try_emplace(lock_.entries.end(), key, value);
    if (lock_.entries.size() > before) {
      lock_.spans.insert_or_assign(lock_.spans.end(), std::move(key), where);
      return;
    }
    // a line that both sides of a merge have is one line
    if (at->second != value) {
      Diagnostic note = wrong("CL1323", where, fmt::format("'{}' is in the lock file twice", key),
                              fmt::format("once as {}, once as {}", at->second, value),
                              "delete the line that is not in use; the state knows which: `cloison state show`");
      note.related.emplace_back(lock_.spans[key], "first given here");
      notes_.push_back(std::move(note));
    }
  }

  FileId file_;
  SourceMap& sources_;
  LockFile lock_{};
  Diagnostics notes_{};
  bool conflict_seen_ = false;
};

}  // namespace

Checked<LockFile> parse_lock(std::string_view name, std::string_view text, SourceMap& sources) {
  Reader reader(sources.add_file(std::string(name), std::string(text)), sources);
  uint32_t number = 0;
  for (const std::string_view line : split(text, '\n')) {
    reader.line(++number, line.ends_with('\r') ? line.substr(0, line.size() - 1) : line);
  }
  return reader.finish();
}

Checked<LockFile> read_lock(const std::filesystem::path& file, SourceMap& sources) {
  std::error_code error;
  if (!std::filesystem::exists(file, error)) {
    return {LockFile{}, {}};
  }
  const auto size = std::filesystem::file_size(file, error);
  std::ifstream in(file, std::ios::binary);
  if (error || !in || size > k_most_bytes) {
    return {std::nullopt,
            {wrong("CL1324", 0, fmt::format("the lock file {} cannot be read", file.string()),
                   error                 ? error.message()
                   : size > k_most_bytes ? "it is larger than 64 MiB"
                                         : "it cannot be opened",
                   "make it readable, or restore it from version control")}};
  }
  std::ostringstream text;
  text << in.rdbuf();
  return parse_lock(file.string(), std::move(text).str(), sources);
}

std::string to_text(const LockFile& lock) {
  std::string text(k_title);
  if (!lock.lineage.empty()) {
    text += fmt::format("{}: {}\n", k_lineage, lock.lineage);
  }
  for (const auto& [key, value] : lock.entries) {
    text += fmt::format("{}: {}\n", key, value);
  }
  return text;
}

}  // namespace cloison::topology
