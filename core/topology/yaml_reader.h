#pragma once
// YAML read strictly: one document, maps, lists and scalars of YAML 1.2's core schema. Refused, each with its own
// error: anchors, aliases, merge keys, tags, directives, further documents, duplicate keys, tabs, control characters,
// anything but UTF-8, and plain scalars that YAML 1.1 and 1.2 read differently (yes, 010, 1_000, 22:00).

#include <string>
#include <string_view>

#include "core/topology/load.h"
#include "core/topology/load_notes.h"
#include "core/topology/yaml_tree.h"

namespace cloison::topology {

/// What a plain scalar is in the core schema.
enum class PlainType : uint8_t {
  text,
  null,
  boolean,
  integer,
  number,
  ambiguous_word,    // yes no on off y n, True, NULL…
  ambiguous_number,  // 010 0x1f 0o7 1_000 22:00 .inf
};
[[nodiscard]] PlainType plain_type(std::string_view text);

/// Line ends become LF, a UTF-8 byte order mark goes; false (and a note) when the bytes are no text that we read.
[[nodiscard]] bool normalise_text(std::string& text, std::string_view name, Notes& notes);

/// Reads a file whose (normalised) text `sources` already holds. nullptr when it is not usable; `nodes` counts over all
/// files against the limit.
[[nodiscard]] const YamlNode* read_yaml(FileId file, Tree& tree, Notes& notes, const ReadLimits& limits,
                                        std::size_t& nodes);

}  // namespace cloison::topology
