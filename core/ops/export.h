#pragma once
// `cloison export compose|kubernetes`: services as containers, for whoever runs them (docs/containers.md). cloison runs
// none itself.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/containers/workload.h"
#include "core/ops/context.h"

namespace cloison::ops {

struct ExportOptions {
  enum class Format : uint8_t { compose, kubernetes };
  Format format = Format::kubernetes;
  std::vector<std::string> services{};  // empty: all
  std::filesystem::path out{};          // a file of Compose, a folder of Kubernetes; empty: nothing is written
};

/// A document, with what became of it.
struct ExportedFile {
  enum class Status : uint8_t { printed, written, unchanged };
  containers::Document document{};
  std::filesystem::path file{};  // where it is written; empty: nowhere
  Status status = Status::printed;
};
[[nodiscard]] std::string_view export_word(ExportedFile::Status status);

struct Exported {
  Ending ending = Ending::done;
  Diagnostics notes{};
  SourceMap sources{};
  std::vector<ExportedFile> files{};
  std::vector<containers::LeftOut> left_out{};
  std::size_t workloads = 0, policies = 0;
};

/// `--environment` is the context's. Asks no platform, and reads no state.
[[nodiscard]] Exported export_services(const Context& context, const ExportOptions& options);

/// What exporting and checking work on: addresses as the lock file has them, names as they are pinned.
struct ExportGround {
  Diagnostics notes{};
  SourceMap sources{};
  std::optional<topology::Resolved> resolved{};  // nullopt on errors
  containers::Workloads workloads{};
  containers::Selection selection{};
};
[[nodiscard]] ExportGround export_ground(const Context& context, const std::vector<std::string>& services);

}  // namespace cloison::ops
