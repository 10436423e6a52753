#include "core/ops/export.h"

#include <algorithm>
#include <fstream>
#include <set>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/containers/compose.h"
#include "core/containers/kubernetes.h"
#include "core/ops/files.h"
#include "core/ops/session.h"

namespace cloison::ops {

namespace {

namespace fs = std::filesystem;
using Format = ExportOptions::Format;

template <class Named>
std::vector<std::string> names_of(const std::vector<Named>& all) {
  std::vector<std::string> names;
  for (const auto& one : all) names.push_back(one.name);
  return names;
}

Diagnostic unknown_name(std::string code, std::string_view what, const std::string& name,
                        const std::vector<std::string>& known) {
  return {.kind = ErrorKind::usage,
          .code = std::move(code),
          .summary = fmt::format("{} '{}' is not declared", what, printable(name)),
          .detail = fmt::format("--{} takes the name of one of this topology.", what),
          .hint = known.empty() ? fmt::format("this topology declares no {}", what) : did_you_mean(name, known)};
}

void check_names(ExportGround& ground) {
  const auto& topology = *ground.resolved->topology;
  const auto environments = names_of(topology.environments), services = names_of(topology.services);
  for (const auto& name : ground.selection.environments)
    if (std::find(environments.begin(), environments.end(), name) == environments.end())
      ground.notes.push_back(unknown_name("CL6010", "environment", name, environments));
  for (const auto& name : ground.selection.services)
    if (std::find(services.begin(), services.end(), name) == services.end())
      ground.notes.push_back(unknown_name("CL6161", "service", name, services));
}

/// Addresses in policies are worth what the lock file keeps.
void check_addresses(ExportGround& ground) {
  const auto& fresh = ground.resolved->new_allocations;
  if (fresh.empty()) return;
  ground.notes.push_back(
      {.severity = Diagnostic::Severity::warning,
       .kind = ErrorKind::topology,
       .code = "CL6168",
       .summary = fmt::format("{} that cloison.lock does not keep yet",
                              counted(fresh.size(), "address or prefix", "addresses or prefixes")),
       .detail = fmt::format("Policies may name them, such as {}; the next plan may give others.", fresh.front()),
       .hint = "`cloison plan` keeps them in cloison.lock"});
}

class Exporting {
 public:
  Exporting(const Context& context, const ExportOptions& options) : context_(context), options_(options) {}

  Exported run() {
    auto ground = export_ground(context_, options_.services);
    exported_.notes = std::move(ground.notes);
    exported_.sources = std::move(ground.sources);
    if (ground.resolved) {
      ground_ = std::move(ground);
      make() && write();
    }
    exported_.ending = ending_of(exported_.notes);
    if (exported_.ending != Ending::done) exported_.files.clear();
    return std::move(exported_);
  }

 private:
  bool refuse(Diagnostic why) {
    exported_.notes.push_back(std::move(why));
    return false;
  }

  bool make() {
    const auto& resolved = *ground_.resolved;
    std::set<std::string> environments, name_spaces;
    for (const auto& one : ground_.workloads.all) {
      if (!ground_.selection.has(one)) continue;
      ++exported_.workloads;
      exported_.policies += one.permits.size();
      environments.insert(one.environment);
      name_spaces.insert(one.name_space);
    }
    exported_.policies = options_.format == Format::kubernetes ? exported_.policies + name_spaces.size() : 0;
    exported_.left_out = ground_.workloads.left_out;
    if (exported_.workloads == 0) return refuse(nothing());
    std::vector<containers::Document> documents;
    if (options_.format == Format::kubernetes) {
      documents = containers::kubernetes(resolved, ground_.workloads, ground_.selection, exported_.left_out);
    } else {
      if (environments.size() > 1) return refuse(several(environments));
      documents.push_back(containers::compose(resolved, ground_.workloads, ground_.selection, exported_.left_out));
    }
    for (auto& one : documents) exported_.files.push_back({.document = std::move(one)});
    settle_left_out();
    return true;
  }
  /// Only of what was asked for, each once.
  void settle_left_out() {
    auto& all = exported_.left_out;
    const auto& services = ground_.selection.services;
    std::erase_if(all, [&](const containers::LeftOut& one) {
      return !services.empty() && std::find(services.begin(), services.end(), one.service) == services.end();
    });
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
  }

  /// With the reason of the first that was asked for.
  [[nodiscard]] Diagnostic nothing() {
    settle_left_out();
    const auto whole = std::find_if(exported_.left_out.begin(), exported_.left_out.end(),
                                    [](const containers::LeftOut& one) { return one.what.empty(); });
    const bool known = whole != exported_.left_out.end();
    return {
        .kind = ErrorKind::topology,
        .code = "CL6160",
        .summary = "no service can be exported",
        .detail = known ? fmt::format("{}: {}.", whole->service, whole->reason) : "What was asked for runs nowhere.",
        .hint = "give a service 'artifact: {image: REGISTRY/NAME@sha256:DIGEST}', or ask for another",
        .where = known ? whole->where : 0};
  }
  static Diagnostic several(const std::set<std::string>& environments) {
    return {.kind = ErrorKind::usage,
            .code = "CL6167",
            .summary = fmt::format("services of {} environments", environments.size()),
            .detail = fmt::format(
                "A file of Compose is one project on one machine, and nothing crosses two environments: {}.",
                fmt::join(environments, ", ")),
            .hint = fmt::format("`cloison export compose --environment {}`", *environments.begin())};
  }

  /// What could be refused is, before the first file.
  bool write() {
    if (options_.out.empty()) return true;
    if (would_be_topology()) return false;
    for (auto& one : exported_.files) {
      one.file = options_.format == Format::kubernetes ? options_.out / one.document.file : options_.out;
      if (!may_write(one)) return false;
    }
    for (auto& one : exported_.files) {
      if (one.status == ExportedFile::Status::unchanged) continue;
      std::error_code error;
      if (one.file.has_parent_path()) fs::create_directories(one.file.parent_path(), error);
      if (auto done = write_file(one.file, one.document.text, Access::shared_file); !done) return refuse(done.error());
    }
    if (options_.format == Format::kubernetes && options_.services.empty() && context_.environments.empty())
      left_behind();
    return true;
  }

  /// Every *.yaml in the topology's folder is a part of it.
  bool would_be_topology() {
    std::error_code error;
    const auto& topology = context_.topology.path;
    const auto folder = options_.out.parent_path().empty() ? fs::path(".") : options_.out.parent_path();
    if (options_.format != Format::compose || options_.out.extension() != ".yaml" ||
        !fs::is_directory(topology, error) || !fs::equivalent(folder, topology, error))
      return false;
    auto other = options_.out;
    other.replace_extension(".yml");
    return !refuse(
        {.kind = ErrorKind::usage,
         .code = "CL6169",
         .summary = fmt::format("{} would be read as a part of the topology", printable(options_.out.string())),
         .detail = "Every *.yaml in the topology's folder is. Nothing was written.",
         .hint = fmt::format("name it otherwise: `cloison export compose --out {}`", printable(other.string()))});
  }

  [[nodiscard]] std::string_view head() const {
    return options_.format == Format::kubernetes ? containers::k_kubernetes_head : containers::k_compose_head;
  }
  [[nodiscard]] bool is_ours(const fs::path& file) const {
    std::ifstream in(file);
    std::string line;
    std::getline(in, line);
    return line.starts_with(head());
  }

  bool may_write(ExportedFile& one) {
    std::error_code error;
    one.status = ExportedFile::Status::written;
    const auto there = fs::symlink_status(one.file, error);
    if (!fs::exists(there)) return true;
    constexpr std::size_t k_longest = 64U << 20U;
    if (fs::is_regular_file(there) && is_ours(one.file)) {
      const auto before = read_file(one.file, k_longest);
      if (before && *before == one.document.text) one.status = ExportedFile::Status::unchanged;
      return true;
    }
    return refuse(
        {.kind = ErrorKind::usage,
         .code = "CL6165",
         .summary = fmt::format("{} is there already", printable(one.file.string())),
         .detail = fmt::format("It does not begin with '{}', so somebody else made it. Nothing was written.", head()),
         .hint = "name another place with --out, or move it away"});
  }

  /// Files of former exports of which nothing is left in the topology: they would go on being deployed.
  void left_behind() {
    std::set<fs::path> written;
    for (const auto& one : exported_.files) written.insert(one.file);
    std::vector<std::string> stale;
    std::error_code error;
    for (fs::recursive_directory_iterator at(options_.out, error), end; !error && at != end; at.increment(error))
      if (at->is_regular_file(error) && at->path().extension() == ".yaml" && !written.contains(at->path()) &&
          is_ours(at->path()))
        stale.push_back(printable(at->path().string()));
    if (stale.empty()) return;
    std::sort(stale.begin(), stale.end());
    exported_.notes.push_back(
        {.severity = Diagnostic::Severity::warning,
         .kind = ErrorKind::usage,
         .code = "CL6166",
         .summary = fmt::format("{} of a former export", counted(stale.size(), "file")),
         .detail = fmt::format("The topology has nothing of it any more, and whoever deploys the folder still has: {}",
                               fmt::join(stale, ", ")),
         .hint = fmt::format("remove what is not meant any more: rm {}", fmt::join(stale, " "))});
  }

  const Context& context_;
  const ExportOptions& options_;
  ExportGround ground_{};
  Exported exported_{};
};

}  // namespace

std::string_view export_word(ExportedFile::Status status) {
  switch (status) {
    case ExportedFile::Status::printed:
      return "printed";
    case ExportedFile::Status::written:
      return "written";
    case ExportedFile::Status::unchanged:
      return "unchanged";
  }
  return "";
}

ExportGround export_ground(const Context& context, const std::vector<std::string>& services) {
  auto loaded = load_topology(context);
  ExportGround ground{.notes = std::move(loaded.notes), .sources = std::move(loaded.sources)};
  ground.selection = {services, {context.environments.begin(), context.environments.end()}};
  const auto lock = read_lock_file(context, ground.sources, ground.notes);
  if (has_errors(ground.notes) || !loaded.topology || !lock) return ground;
  auto resolved = topology::resolve(loaded.topology, *lock, {.now = context.clock.now(), .sources = &ground.sources});
  append(ground.notes, std::move(resolved.notes));
  if (!resolved.value || has_errors(ground.notes)) return ground;
  ground.resolved = std::move(resolved.value);
  check_names(ground);
  if (has_errors(ground.notes)) {
    ground.resolved.reset();
    return ground;
  }
  check_addresses(ground);
  ground.workloads = containers::workloads_of(*ground.resolved);
  return ground;
}

Exported export_services(const Context& context, const ExportOptions& options) {
  return Exporting(context, options).run();
}

}  // namespace cloison::ops
