#include "providers/openstack/clouds_file.h"

#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "core/base/strings.h"

namespace cloison::openstack {

namespace {

using Flat = std::map<std::string, std::string>;
using Clouds = std::map<std::string, Flat>;
namespace fs = std::filesystem;

constexpr std::uintmax_t k_largest = std::uintmax_t{1} << 20U;

Diagnostic unreadable(const fs::path& file, const std::string& why,
                      std::string hint = "it must be a YAML map with `clouds:`") {
  return {.kind = ErrorKind::auth,
          .code = "CL5003",
          .summary = fmt::format("{} cannot be read", file.string()),
          .detail = printable(why),
          .hint = std::move(hint)};
}

void flatten(const YAML::Node& node, const std::string& prefix, int depth, Flat& into) {
  constexpr int k_deepest = 8;  // an alias may make a map its own member
  if (depth > k_deepest) return;
  if (node.IsScalar()) {
    into[prefix] = node.Scalar();
  } else if (node.IsMap()) {
    for (const auto& member : node)
      if (member.first.IsScalar())
        flatten(member.second, prefix.empty() ? member.first.Scalar() : prefix + "." + member.first.Scalar(), depth + 1,
                into);
  }
}

Result<Clouds> read_file(const fs::path& file) {
  std::error_code error;
  if (const auto size = fs::file_size(file, error); error || size > k_largest)
    return fail(unreadable(file, error ? error.message() : "larger than 1 MiB",
                           "name the right file: export OS_CLIENT_CONFIG_FILE=FILE"));
  std::ifstream stream(file);
  std::ostringstream text;
  text << stream.rdbuf();
  if (!stream) return fail(unreadable(file, "reading failed"));
  try {
    const YAML::Node root = YAML::Load(text.str());
    const YAML::Node clouds = root.IsMap() ? root["clouds"] : YAML::Node();
    if (!clouds.IsDefined() || !clouds.IsMap()) return fail(unreadable(file, "there is no map `clouds:`"));
    Clouds result;
    for (const auto& cloud : clouds)
      if (cloud.first.IsScalar()) flatten(cloud.second, "", 0, result[cloud.first.Scalar()]);
    return result;
  } catch (const YAML::Exception& failure) {
    return fail(unreadable(file, fmt::format("line {}: {}", failure.mark.line + 1, failure.msg),
                           fmt::format("correct line {} of it", failure.mark.line + 1)));
  }
}

std::vector<fs::path> folders(const net::Access& access) {
  std::vector<fs::path> result{access.folder};
  const auto config = access.variable("XDG_CONFIG_HOME");
  const auto home = access.variable("HOME");
  if (config && !config->empty()) {
    result.emplace_back(fs::path(*config) / "openstack");
  } else if (home && !home->empty()) {
    result.emplace_back(fs::path(*home) / ".config/openstack");
  }
  result.emplace_back("/etc/openstack");
  return result;
}

/// The file that the variable names, else the first of that name in the folders; empty when there is none.
fs::path find_file(const net::Access& access, const std::string& variable, const std::string& stem) {
  if (const auto named = access.variable(variable); named && !named->empty()) {
    const fs::path path(*named);
    return path.is_absolute() ? path : access.folder / path;
  }
  for (const fs::path& folder : folders(access))
    for (const char* ending : {".yaml", ".yml"}) {
      std::error_code error;
      if (fs::path file = folder / (stem + ending); fs::is_regular_file(file, error)) return file;
    }
  return {};
}

}  // namespace

Result<Flat> read_cloud(const std::string& name, const net::Access& access) {
  const fs::path file = find_file(access, "OS_CLIENT_CONFIG_FILE", "clouds");
  if (file.empty()) {
    std::vector<std::string> looked;
    for (const auto& folder : folders(access)) looked.push_back(folder.string());
    return fail(
        {.kind = ErrorKind::auth,
         .code = "CL5003",
         .summary = "there is no clouds.yaml",
         .detail = "looked in " + join(looked, ", "),
         .hint = "write one, or name it in OS_CLIENT_CONFIG_FILE, or leave cloud: out and set the OS_* variables"});
  }
  auto clouds = read_file(file);
  if (!clouds) return fail(std::move(clouds.error()));
  const auto found = clouds->find(name);
  if (found == clouds->end()) {
    std::vector<std::string> known;
    for (const auto& [cloud, keys] : *clouds) known.push_back(cloud);
    return fail({.kind = ErrorKind::auth,
                 .code = "CL5004",
                 .summary = fmt::format("{} has no cloud '{}'", file.string(), printable(name)),
                 .hint = printable(did_you_mean(name, known))});
  }
  Flat cloud = std::move(found->second);
  const fs::path secure = find_file(access, "OS_CLIENT_SECURE_FILE", "secure");
  if (!secure.empty()) {
    auto secrets = read_file(secure);
    if (!secrets) return fail(std::move(secrets.error()));
    for (const auto& [key, value] : (*secrets)[name]) cloud[key] = value;
  }
  return cloud;
}

}  // namespace cloison::openstack
