#include "core/ops/enroll.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/base/wireguard_key.h"
#include "core/ops/files.h"
#include "core/ops/private_folder.h"
#include "core/ops/sandbox.h"
#include "core/ops/session.h"
#include "core/topology/shape.h"

namespace cloison::ops {

namespace {

using compile::RemoteAccess;
using compile::RemoteDevice;

Diagnostic refusal(std::string code, std::string summary, std::string detail, std::string hint) {
  return {.kind = ErrorKind::usage,
          .code = std::move(code),
          .summary = std::move(summary),
          .detail = std::move(detail),
          .hint = std::move(hint)};
}

class Enrolling {
 public:
  Enrolling(const Context& context, const EnrollOptions& options) : context_(context), options_(options) {}

  Enrolled run() {
    const bool done = load() && make_keys() && bring_all() && find() && write_all();
    if (!done) enrolled_.devices.clear();
    enrolled_.ending = ending_of(enrolled_.notes);
    return std::move(enrolled_);
  }

 private:
  struct Chosen {
    const RemoteDevice* device = nullptr;
    Secret private_key{};
  };

  bool refuse(Diagnostic why) {
    enrolled_.notes.push_back(std::move(why));
    return false;
  }

  bool load() {
    auto loaded = load_topology(context_);
    enrolled_.sources = std::move(loaded.sources);
    enrolled_.notes = std::move(loaded.notes);
    topology_ = std::move(loaded.topology);
    auto lock = read_lock_file(context_, enrolled_.sources, enrolled_.notes);
    if (has_errors(enrolled_.notes) || !topology_ || !lock) return false;
    lock_ = written_ = *std::move(lock);
    auto store = open_state(context_, lock_.lineage, false);
    auto snapshot = store ? (*store)->load() : Result<Snapshot>(fail(store.error()));
    if (!snapshot) return refuse(snapshot.error());
    snapshot_ = *std::move(snapshot);
    for (const auto& [key, value] : snapshot_.allocations)
      if (lock_.entries.try_emplace(key, value).second) lock_.remembered.insert(key);
    return true;
  }

  /// Fresh devices join the topology as if their line were there already, so that they get the address that they will
  /// have.
  bool make_keys() {
    if (!options_.fresh) return true;
    if (options_.devices.empty())
      return refuse(
          refusal("CL6013", "no name for the new device", "--new makes key pairs for devices by name.",
                  fmt::format("`cloison enroll {} tablet-9 --new --out FOLDER`", printable(options_.segment))));
    auto changed = std::make_shared<topology::Topology>(*topology_);
    for (auto& site : changed->sites)
      for (auto& segment : site.segments)
        if (site.path + "." + segment.name == options_.segment && !add_fresh(segment)) return false;
    for (auto& site : changed->sites)
      for (auto& vpc : site.vpcs)
        for (auto& segment : vpc.segments)
          if (fmt::format("{}.{}.{}", site.path, vpc.name, segment.name) == options_.segment && !add_fresh(segment))
            return false;
    topology_ = std::move(changed);
    return true;
  }

  bool add_fresh(topology::Segment& segment) {
    if (!segment.has_peers) return true;  // `find` says so
    for (const auto& name : options_.devices) {
      const bool there = std::any_of(segment.peers.begin(), segment.peers.end(),
                                     [&](const topology::Peer& one) { return one.name == name; });
      if (there || !is_name(name))
        return refuse(refusal("CL6013",
                              fmt::format("'{}' {}", printable(name), there ? "is declared already" : "is no name"),
                              there ? "A new device needs a name of its own." : "Names have a-z, 0-9 and '-'.",
                              there ? "leave out --new, or name another device" : "write for example tablet-9"));
      auto keys = make_wireguard_keys();
      if (!keys)
        return refuse({.kind = ErrorKind::internal,
                       .code = "CL9001",
                       .summary = "no key pair could be made",
                       .detail = "OpenSSL makes none.",
                       .hint = "openssl genpkey -algorithm X25519 says why"});
      segment.peers.push_back({.name = name, .public_key = keys->public_key, .span = segment.span});
      fresh_keys_.emplace(name, std::move(keys->private_key));
    }
    std::stable_sort(segment.peers.begin(), segment.peers.end(),
                     [](const auto& a, const auto& b) { return a.name < b.name; });
    return true;
  }

  bool bring_all() {
    const topology::ResolveOptions options{
        .now = context_.clock.now(), .sources = &enrolled_.sources, .pins_may_be_missing = true};
    brought_ = bring(context_, topology_, lock_, options, enrolled_.notes);
    return brought_.has_value();
  }

  bool find() {
    std::vector<std::string> known;
    for (const auto& one : brought_->compiled.remote_access) {
      known.push_back(one.segment);
      if (one.segment == options_.segment) access_ = &one;
    }
    if (access_ == nullptr)
      return refuse(refusal("CL6012", fmt::format("no remote users at '{}'", printable(options_.segment)),
                            "It is to be the segment of devices whose tunnels a node ends.",
                            known.empty() ? "`cloison plan -v` lists links that are not applied, with the reason"
                                          : did_you_mean(options_.segment, known)));
    return find_devices() && find_node_key();
  }

  bool find_devices() {
    std::vector<std::string> names;
    for (const auto& device : access_->devices) names.push_back(device.name);
    for (const auto& name : options_.devices)
      if (std::find(names.begin(), names.end(), name) == names.end())
        return refuse(refusal("CL6013", fmt::format("no device '{}' in {}", printable(name), access_->segment),
                              "A device that is not declared yet needs --new, which makes its key pair.",
                              did_you_mean(name, names)));
    for (const auto& device : access_->devices) {
      const bool named =
          std::find(options_.devices.begin(), options_.devices.end(), device.name) != options_.devices.end();
      if (!named && !(options_.devices.empty() && !device.expired)) continue;
      if (device.expired)
        return refuse(refusal("CL6013", fmt::format("device '{}' has expired", device.name),
                              "It could not connect with what would be written.", "write a later 'expires' first"));
      if (!options_.fresh && !has_lasting_address(device))
        return refuse(refusal("CL6014", fmt::format("{} has no address yet", device.path),
                              "cloison.lock does not have it.", "run `cloison apply`, which also lets the device in"));
      chosen_.push_back({&device, {}});
    }
    return true;
  }

  [[nodiscard]] bool has_lasting_address(const RemoteDevice& device) const {
    const auto& fresh = brought_->resolved.new_allocations;
    return std::none_of(fresh.begin(), fresh.end(), [&](const std::string& key) { return is_address(key, device); });
  }
  /// "address ipv4 lab/lyon-03.tablets.peers.tablet-1"
  static bool is_address(const std::string& key, const RemoteDevice& device) {
    return key.starts_with("address ") && key.ends_with(" " + device.path);
  }

  /// Born on the node, so the state has it once the link is applied.
  bool find_node_key() {
    const auto address = fmt::format("{}.key/{}", access_->node, access_->link);
    for (const auto& [key, row] : snapshot_.rows) {
      if (key.address != address || row.deposed) continue;
      const auto config = snapshot_.provider_configs.find(row.provider_config);
      if (config == snapshot_.provider_configs.end()) continue;
      const auto provider = context_.providers->make(without_note(config->second), true, {});
      const auto* schema = provider ? find_kind((*provider)->kinds(), row.kind) : nullptr;
      if (schema != nullptr) node_key_ = attribute(*schema, row.observed, "public_key").text_or_empty();
    }
    if (topology::is_wireguard_key(node_key_)) return true;
    return refuse(refusal("CL6014", fmt::format("the key of node {} is not known yet", access_->node),
                          fmt::format("It is born there when link '{}' is applied.", access_->link),
                          "run `cloison apply` first"));
  }

  /// All that can refuse comes before the first file.
  bool write_all() {
    auto folder = PrivateFolder::open(options_.folder);
    if (!folder) return refuse(folder.error());
    for (const auto& one : chosen_)
      for (const std::string_view end : {".conf", ".svg"})
        if (auto may = folder->may_write(fmt::format("{}{}", one.device->name, end), options_.over); !may)
          return refuse(may.error());
    if (!keep_addresses()) return false;
    for (auto& one : chosen_) {
      one.private_key = private_key_of(*folder, *one.device);
      if (!write(*folder, one)) return false;
    }
    return true;
  }

  /// One made here, or the one that is in the device's file already.
  Secret private_key_of(const PrivateFolder& folder, const RemoteDevice& device) const {
    if (const auto fresh = fresh_keys_.find(device.name); fresh != fresh_keys_.end()) return fresh->second;
    const auto before = folder.read(device.name + ".conf");
    if (!before) return {};
    auto kept = private_key_in(*before);
    return wireguard_public_key(kept) == device.public_key ? std::move(kept) : Secret();
  }

  bool write(const PrivateFolder& folder, const Chosen& one) {
    const auto& device = *one.device;
    const auto text = device_file(*access_, device, node_key_, one.private_key);
    auto code = QrCode::of(text.reveal());
    const auto file = device.name + ".conf", picture = device.name + ".svg";
    if (auto done = folder.write(file, text, options_.over); !done) return refuse(done.error());
    if (code)
      if (auto done = folder.write(picture, code->svg(), options_.over); !done) return refuse(done.error());
    enrolled_.devices.push_back({.path = device.path,
                                 .name = device.name,
                                 .file = options_.folder / file,
                                 .picture = code ? options_.folder / picture : std::filesystem::path(),
                                 .complete = !one.private_key.empty(),
                                 .code = std::move(code)});
    if (options_.fresh) name_row(device, enrolled_.devices.back());
    return true;
  }

  /// As the file of the others has its columns; where there is none, as docs/language.md lists them.
  void name_row(const RemoteDevice& device, EnrolledDevice& made) const {
    const auto& segment = *std::find_if(brought_->resolved.segments.begin(), brought_->resolved.segments.end(),
                                        [&](const auto& one) { return one.path == access_->segment; });
    const auto& site = topology_->sites[segment.site];
    std::string header = "site;name;public_key";
    for (const auto& other : brought_->resolved.segments) {
      if (other.peers.empty() || (!made.rows_file.empty() && other.path != access_->segment)) continue;
      for (const auto& peer : other.peers) {
        const auto& file = enrolled_.sources.file_name(peer.peer->span);
        if (!file.ends_with(".csv")) continue;
        made.rows_file = file;
        const auto text = enrolled_.sources.file_text(enrolled_.sources.span(peer.peer->span).file);
        header = trimmed(text.substr(0, text.find('\n')));
        break;
      }
    }
    const char separator = header.find(';') == std::string::npos ? ',' : ';';
    std::vector<std::string> cells;
    for (const auto column : split(header, separator)) {
      const auto word = trimmed(column);
      cells.push_back(word == "site"         ? (site.instance.key.empty() ? site.name : site.instance.key)
                      : word == "name"       ? device.name
                      : word == "public_key" ? device.public_key
                                             : std::string());
    }
    made.row = join(cells, std::string_view(&separator, 1));
  }

  /// What a fresh device was told must be what the next plan gives it.
  bool keep_addresses() {
    if (!options_.fresh) return true;
    for (const auto& one : chosen_)
      for (const auto& [key, value] : brought_->resolved.allocations)
        if (is_address(key, *one.device)) written_.entries.insert_or_assign(key, value);
    auto done = write_file(lock_path(context_), topology::to_text(written_), Access::shared_file);
    return done ? true : refuse(done.error());
  }

  const Context& context_;
  const EnrollOptions& options_;
  Enrolled enrolled_{};
  std::shared_ptr<const topology::Topology> topology_{};
  topology::LockFile lock_{}, written_{};
  Snapshot snapshot_{};
  std::optional<Brought> brought_{};
  const RemoteAccess* access_ = nullptr;
  std::map<std::string, Secret> fresh_keys_{};
  std::vector<Chosen> chosen_{};
  std::string node_key_{};
};

}  // namespace

Enrolled enroll(const Context& context, const EnrollOptions& options) {
  return Enrolling(context, options).run();
}

}  // namespace cloison::ops
