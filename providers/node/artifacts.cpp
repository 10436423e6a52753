#include "providers/node/artifacts.h"

#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/base/strings.h"
#include "providers/node/connect.h"

namespace cloison::node {

Diagnostic no_artifact(const std::string& source, std::string why) {
  return {.kind = ErrorKind::not_found,
          .code = "CL5432",
          .summary = fmt::format("the artifact '{}' cannot be read", printable(source)),
          .detail = std::move(why),
          .hint = "build it, or fetch it, to where `artifact: {file: …}` says, from the topology's folder on"};
}

Result<std::filesystem::path> artifact_file(const std::string& source, const std::string& sha256,
                                            const net::Access& access) {
  auto path = file_of(source, access);
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error))
    return fail(no_artifact(source, error ? error.message() + "." : "It is no file."));
  const auto digest = sha256_of_file(path);
  if (!digest) return fail(no_artifact(source, "It cannot be read to its end."));
  if (hex(*digest) == sha256) return path;
  return fail(Diagnostic{.kind = ErrorKind::conflict,
                         .code = "CL5433",
                         .summary = fmt::format("'{}' is not the artifact that the topology means", printable(source)),
                         .detail = fmt::format("Its SHA-256 is {}, and {} is declared. Nothing was sent.", hex(*digest),
                                               printable(sha256)),
                         .hint = fmt::format("if this is what you want to deploy: sha256: {}", hex(*digest))});
}

}  // namespace cloison::node
