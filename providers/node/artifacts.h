#pragma once
// What is deployed, on our side: found, and known by its digest before any of it leaves.

#include <filesystem>
#include <string>

#include "core/base/result.h"
#include "core/net/access.h"

namespace cloison::node {

/// The file of "file:PATH". CL5432: it is not there. CL5433: it is another one than the digest says.
[[nodiscard]] Result<std::filesystem::path> artifact_file(const std::string& source, const std::string& sha256,
                                                          const net::Access& access);
[[nodiscard]] Diagnostic no_artifact(const std::string& source, std::string why);

}  // namespace cloison::node
