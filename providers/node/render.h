#pragma once
// A resource as the files that hold it on the node. Pure.

#include <string>
#include <vector>

#include "core/model/resource.h"

namespace cloison::node {

struct NodeFile {
  std::string path{};
  std::string mode = "644";
  /// Without the lines that mark it: those name the address, which may change without the content.
  std::string body{};
};

/// First the file that tells the resource's settings (`marked`), in the order in which they take effect.
[[nodiscard]] std::vector<NodeFile> files_of(std::string_view kind, const Value& attributes);
/// What must be activated after they were written or removed, in order.
[[nodiscard]] std::vector<std::string> areas_of(std::string_view kind);
/// SHA-256 over paths and bodies.
[[nodiscard]] std::string content_of(const std::vector<NodeFile>& files);
/// The attributes with `content` set to what their files will have, and nothing undeclared beside them.
[[nodiscard]] Value with_content(std::string_view kind, const Value& attributes);

/// The file as written: marker, settings (in the first file only), body. A script's first line stays the first.
[[nodiscard]] std::string marked(const NodeFile& file, std::string_view kind, const Value& attributes,
                                 const Marker& marker, bool first);

/// What a marked file says of itself.
struct MarkedFile {
  Marker marker{};
  std::string kind{};  // "" when it is not the first of its resource
  Value settings{};    // a record of the kind, without `content`
  std::string body{};
};
/// nullopt: no file of ours.
[[nodiscard]] std::optional<MarkedFile> parse_marked(std::string_view text);

/// The agent, as it travels with each call and lies on the node.
[[nodiscard]] std::string_view agent_text();

}  // namespace cloison::node
