#include "core/topology/load.h"

#include <fstream>
#include <system_error>

#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/base/strings.h"
#include "core/topology/csv_files.h"
#include "core/topology/further.h"
#include "core/topology/load_tree.h"
#include "core/topology/overlay.h"
#include "core/topology/shape.h"
#include "core/topology/yaml_reader.h"

namespace cloison::topology {

namespace fs = std::filesystem;

namespace {

Diagnostic cannot_read(std::string code, std::string_view summary, std::string_view detail, std::string_view hint) {
  return {.kind = ErrorKind::topology,
          .code = std::move(code),
          .summary = printable(summary),
          .detail = printable(detail),
          .hint = printable(hint)};
}

std::string amount(std::size_t bytes) {
  return bytes >= 1U << 20U ? fmt::format("{} MiB", bytes >> 20U) : fmt::format("{} bytes", bytes);
}

/// The whole file, or why not. Reads no more than the limit, also from pipes and devices.
Result<std::string> read_file(const fs::path& path, const std::string& shown, std::size_t limit) {
  std::error_code error;
  if (fs::is_directory(path, error)) {
    return fail(cannot_read("CL1001", fmt::format("{} is a folder", shown), "A file is wanted here.",
                            fmt::format("name a file in it: {}/topology.yaml", shown)));
  }
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    const std::string why = std::generic_category().message(errno == 0 ? EIO : errno);
    return fail(cannot_read("CL1001", fmt::format("{} cannot be read", shown), fmt::format("{}.", why),
                            "is the name right, and may you read it? Try: ls -l " + shown));
  }
  std::string text;
  std::vector<char> block(1U << 16U);
  while (file.read(block.data(), static_cast<std::streamsize>(block.size())) || file.gcount() > 0) {
    text.append(block.data(), static_cast<std::size_t>(file.gcount()));
    if (text.size() > limit) {
      return fail(cannot_read("CL1002", fmt::format("{} is larger than {}", shown, amount(limit)),
                              "Topologies are written by people; what is large belongs into CSV files.",
                              "move repeated entries into a CSV file and use for_each: {csv: sites.csv, key: name}"));
    }
  }
  return text;
}

struct Source {
  std::string name{};  // shown
  fs::path path{};     // empty in memory
  std::string text{};
};

/// One load: the files in memory, and how CSV files beside them are found.
class Session {
 public:
  using Find = std::function<Result<CsvFiles::Loaded>(const Source& beside, std::string_view name)>;

  Session(SourceMap& sources, const ReadLimits& limits, const std::optional<FurtherChoice>& further, Find find)
      : sources_(sources), limits_(limits), notes_(sources), further_(further), find_(std::move(find)) {}

  [[nodiscard]] Notes& notes() { return notes_; }

  Checked<Topology> run(std::vector<Source> files, std::vector<Source> overlays) {
    const YamlNode* root = read_all(files, overlays);
    const auto found = [this](FileId beside, std::string_view name) { return find_(origin(beside), name); };
    auto further =
        root != nullptr && further_ ? add_further(*root, tree_, *further_, found) : FurtherTree{.root = root};
    CsvFiles csvs(
        [&](FileId beside, std::string_view name) {
          auto loaded = found(beside, name);
          if (loaded) further.add_lines(*loaded);
          return loaded;
        },
        notes_);
    root = further.root;
    Checked<Topology> result;
    if (root != nullptr) {
      Topology topology = topology_from_tree(*root, csvs, limits_);
      topology.digest = digest(csvs);
      topology.files = files_;
      csvs.for_each_file(
          [&](const Csv& csv) { topology.files.push_back({ReadFile::Role::table, csvs.path_of(csv), csv.file()}); });
      topology.further = further.list(sources_);
      for (const YamlNode* one : roots_) {
        blank_secrets(*one, sources_);
      }
      csvs.for_each_file([this](const Csv& csv) { blank_secrets(csv, sources_); });
      if (!notes_.unusable()) {
        result.value = std::move(topology);
      }
    } else {
      for (const YamlNode* one : roots_) {
        blank_secrets(*one, sources_);
      }
    }
    result.notes = notes_.take();
    return result;
  }

 private:
  const Source& origin(FileId file) const {
    const auto found = origins_.find(file);
    static const Source nowhere{};
    return found == origins_.end() ? nowhere : found->second;
  }

  const YamlNode* read(Source& source, ReadFile::Role role) {
    contents_.emplace(source.name, sha256_hex(source.text));
    if (source.text.size() > limits_.file_bytes) {
      notes_.add({.code = "CL1002",
                  .summary = fmt::format("{} is larger than {}", source.name, amount(limits_.file_bytes)),
                  .hint = "move repeated entries into a CSV file and use for_each: {csv: sites.csv, key: name}"},
                 0);
      notes_.set_unusable();
      return nullptr;
    }
    if (!normalise_text(source.text, source.name, notes_)) {
      return nullptr;
    }
    const FileId file = sources_.add_file(source.name, std::move(source.text));
    origins_.emplace(file, Source{.name = source.name, .path = source.path});
    files_.push_back({role, source.path, file});
    const YamlNode* root = read_yaml(file, tree_, notes_, limits_, nodes_);
    if (root != nullptr && root->is_map()) {
      roots_.push_back(root);
      return root;
    }
    if (root == nullptr && notes_.unusable()) {
      return nullptr;
    }
    if (root != nullptr && root->kind != YamlNode::Kind::null) {
      notes_.add({.code = "CL1016",
                  .summary = fmt::format("{} is no block of keys", source.name),
                  .detail = "A topology is a block of keys such as name:, sites: and flows:.",
                  .hint = "begin with: cloison: 1"},
                 *root);
      notes_.set_unusable();
      return nullptr;
    }
    empty_.push_back(sources_.add({.file = file, .line = 1, .column = 1, .end_line = 1, .end_column = 2}));
    return nullptr;
  }

  const YamlNode* read_all(std::vector<Source>& files, std::vector<Source>& overlays) {
    std::vector<const YamlNode*> read_files;
    for (Source& source : files) {
      if (const YamlNode* root = read(source, ReadFile::Role::topology)) {
        read_files.push_back(root);
      }
    }
    std::vector<const YamlNode*> laid;
    for (Source& source : overlays) {
      if (const YamlNode* root = read(source, ReadFile::Role::overlay)) {
        laid.push_back(root);
      }
    }
    if (read_files.empty()) {
      if (!notes_.unusable()) {
        notes_.add({.code = "CL1016",
                    .summary = "the topology is empty",
                    .detail = "There is nothing in it but comments.",
                    .hint = "`cloison init` writes one to start from"},
                   empty_.empty() ? 0 : empty_.front());
        notes_.set_unusable();
      }
      return nullptr;
    }
    const YamlNode* root = join_files(read_files, tree_, notes_);
    for (const YamlNode* over : laid) {
      root = lay_over(*root, *over, tree_, notes_);
    }
    return root;
  }

  std::string digest(const CsvFiles& csvs) {
    csvs.for_each_file([this](const Csv& csv) {
      const SpanId span = sources_.add({.file = csv.file(), .line = 1, .column = 1, .end_line = 1, .end_column = 1});
      contents_.emplace(sources_.file_name(span), sha256_hex(sources_.file_text(csv.file())));
    });
    std::string all;
    for (const auto& [name, content] : contents_) {
      // names without folders: the digest is the same from wherever it is computed
      all += fmt::format("{} {}\n", content, fs::path(name).filename().string());
    }
    return sha256_hex(all);
  }

  SourceMap& sources_;
  const ReadLimits& limits_;
  Notes notes_;
  std::optional<FurtherChoice> further_;
  Find find_;
  Tree tree_{256U << 10U};
  std::size_t nodes_ = 0;
  std::map<FileId, Source> origins_{};
  std::map<std::string, std::string> contents_{};
  std::vector<const YamlNode*> roots_{};
  std::vector<ReadFile> files_{};
  std::vector<SpanId> empty_{};
};

/// Files of OpenStack's clients, which look for them in the folder they are started in.
bool is_account_file(std::string_view name) {
  return name == "clouds.yaml" || name == "secure.yaml" || name == "clouds-public.yaml";
}

bool is_topology_file(const fs::path& path) {
  const std::string name = path.filename().string();
  return !is_account_file(name) && path.extension() == ".yaml" && !name.ends_with(".override.yaml") &&
         !name.starts_with('.');
}

/// Relative to the folder in which people stand, unless that leads far away.
std::string shown_name(const fs::path& path, const fs::path& from) {
  std::error_code error;
  const fs::path base = from.empty() ? fs::current_path(error) : from;
  const fs::path absolute = fs::absolute(path, error).lexically_normal();
  const fs::path relative = absolute.lexically_relative(fs::absolute(base, error).lexically_normal());
  const std::string text = relative.string();
  return text.empty() || text.starts_with("../../..") ? absolute.string() : text;
}

std::vector<Source> read_sources(const std::vector<fs::path>& paths, const LoadOptions& options, Notes& notes,
                                 const ReadLimits& limits) {
  std::vector<Source> result;
  for (const fs::path& path : paths) {
    const std::string shown = shown_name(path, options.shown_from);
    auto text = read_file(path, shown, limits.file_bytes);
    if (!text) {
      const Diagnostic& why = text.error();
      notes.add({.code = why.code == "CL1002" ? "CL1002" : "CL1001",
                 .summary = why.summary,
                 .detail = why.detail,
                 .hint = why.hint},
                0);
      notes.set_unusable();
      continue;
    }
    result.push_back({.name = shown, .path = path, .text = std::move(*text)});
  }
  return result;
}

}  // namespace

Result<std::vector<fs::path>> files_of(const LoadOptions& options) {
  const std::string shown = shown_name(options.path, options.shown_from);
  std::error_code error;
  if (!fs::exists(options.path, error)) {
    return fail(cannot_read("CL1001", fmt::format("{} is not there", shown), "A topology is a file or a folder.",
                            "name it with -t PATH, or write a first one: `cloison init`"));
  }
  if (!fs::is_directory(options.path, error)) {
    return std::vector<fs::path>{options.path};
  }
  std::vector<fs::path> files;
  for (fs::directory_iterator it(options.path, error), end; !error && it != end; it.increment(error)) {
    if (is_topology_file(it->path()) && !it->is_directory(error)) {
      files.push_back(it->path());
    }
  }
  if (error) {
    return fail(cannot_read("CL1001", fmt::format("folder {} cannot be read", shown), error.message() + ".",
                            "is the name right, and may you read it? Try: ls -ld " + shown));
  }
  if (files.empty()) {
    return fail(cannot_read("CL1001", fmt::format("folder {} has no topology", shown),
                            "Every *.yaml in it would be read, *.override.yaml and clouds.yaml apart; there is none.",
                            "write a first one: `cloison init`"));
  }
  std::sort(files.begin(), files.end());
  return files;
}

fs::path home_of(const LoadOptions& options) {
  std::error_code error;
  if (fs::is_directory(options.path, error)) {
    return options.path;
  }
  const fs::path folder = options.path.parent_path();
  return folder.empty() ? fs::path(".") : folder;
}

Checked<Topology> load(const LoadOptions& options, SourceMap& sources, const ReadLimits& limits) {
  auto files = files_of(options);
  if (!files) {
    return {.value = std::nullopt, .notes = {files.error()}};
  }
  const auto find = [&](const Source& beside, std::string_view name) -> Result<CsvFiles::Loaded> {
    const fs::path path = beside.path.parent_path() / fs::path(std::string(name));
    const std::string shown = shown_name(path, options.shown_from);
    auto text = read_file(path, shown, limits.csv_bytes);
    if (!text) {
      return fail(std::move(text.error()));
    }
    return CsvFiles::Loaded{.shown = shown, .text = std::move(*text), .path = path};
  };
  Session session(sources, limits, options.further, find);
  std::vector<Source> read = read_sources(*files, options, session.notes(), limits);
  std::vector<Source> overlays = read_sources(options.overlays, options, session.notes(), limits);
  return session.run(std::move(read), std::move(overlays));
}

Checked<Topology> load_texts(const std::vector<std::pair<std::string, std::string>>& files,
                             const std::vector<std::pair<std::string, std::string>>& overlays, SourceMap& sources,
                             const ReadLimits& limits, const std::optional<FurtherChoice>& further) {
  const auto find = [&](const Source&, std::string_view name) -> Result<CsvFiles::Loaded> {
    for (const auto& [file, text] : files) {
      if (file == name) {
        return text.size() > limits.csv_bytes ? Result<CsvFiles::Loaded>(fail(cannot_read(
                                                    "CL1002", fmt::format("{} is too large", name), "", "split it")))
                                              : CsvFiles::Loaded{.shown = file, .text = text};
      }
    }
    return fail(cannot_read("CL1024", fmt::format("{} cannot be read", name), "There is no such file.",
                            "CSV files stand beside the file that names them"));
  };
  Session session(sources, limits, further, find);
  std::vector<Source> read;
  for (const auto& [name, text] : files) {
    if (!name.ends_with(".csv")) {
      read.push_back({.name = name, .path = {}, .text = text});
    }
  }
  std::vector<Source> laid;
  for (const auto& [name, text] : overlays) {
    laid.push_back({.name = name, .path = {}, .text = text});
  }
  return session.run(std::move(read), std::move(laid));
}

}  // namespace cloison::topology
