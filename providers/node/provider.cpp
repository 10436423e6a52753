#include "providers/node/provider.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/base/strings.h"
#include "core/net/cloud_config.h"
#include "providers/node/artifacts.h"
#include "providers/node/bringing.h"
#include "providers/node/certificates.h"
#include "providers/node/closing.h"
#include "providers/node/connect.h"
#include "providers/node/counting.h"
#include "providers/node/draining.h"
#include "providers/node/live_vpn.h"
#include "providers/node/lower.h"
#include "providers/node/render.h"
#include "providers/node/render_guests.h"
#include "providers/node/render_services.h"
#include "providers/node/render_vpn.h"
#include "providers/node/report.h"
#include "providers/node/rollout.h"
#include "providers/node/schema.h"
#include "providers/node/semantics.h"
#include "providers/node/settings.h"

namespace cloison::node {

namespace {

constexpr int k_refused = 70;    // agent.sh: nothing was changed
constexpr int k_went_back = 75;  // agent.sh: it failed, and the former configuration is back

/// Where the entry itself cannot be used: every command says why.
class NoShell final : public net::Shell {
 public:
  explicit NoShell(Diagnostic why) : why_(std::move(why)) {}
  Result<net::CommandOutput> run(const net::Command& command, const net::Limits& limits) override {
    (void)command, (void)limits;
    return fail(why_);
  }
  Result<void> upload(const net::Upload& upload, const net::Limits& limits) override {
    (void)upload, (void)limits;
    return fail(why_);
  }
  void disconnect() override {}

 private:
  Diagnostic why_;
};

/// What the agent is asked to change, as it reads it from standard input.
class ChangeText {
 public:
  void put(const NodeFile& file, const std::string& text) {
    puts_.insert_or_assign(file.path, fmt::format("put {} {} {}\n{}\n", file.mode, text.size(), file.path, text));
  }
  /// Unless something else is put there.
  void drop(const NodeFile& file) { drops_.insert(file.path); }
  /// Ends connections, once what permitted them is gone.
  void forget(const std::vector<std::string>& lines) {
    for (const auto& line : lines) forgets_ += line + '\n';
  }
  void activate(std::string_view kind) {
    for (auto& area : areas_of(kind)) areas_.insert(std::move(area));
  }
  [[nodiscard]] std::string done() const {
    std::string text;
    for (const auto& [path, put] : puts_) text += put;
    for (const auto& path : drops_)
      if (!puts_.contains(path)) text += fmt::format("drop {}\n", path);
    text += forgets_;
    for (const auto& area : areas_) text += fmt::format("do {}\n", area);
    return text + "end\n";
  }

 private:
  std::map<std::string, std::string> puts_{};
  std::set<std::string> drops_{}, areas_{};  // the agent knows the order of areas
  std::string forgets_{};
};

class Node final : public Provider {
 public:
  Node(StoredProvider entry, std::shared_ptr<net::Shell> shell, NodeSettings settings)
      : entry_(std::move(entry)), shell_(std::move(shell)), settings_(std::move(settings)) {}

  std::span<const KindSchema> kinds() const override { return schemas(); }
  Forwarding semantics(std::span<const PlacedResource> resources) const override {
    return node::semantics(resources, rules_);
  }
  Checked<Lowered> lower(const Intent& intent, const Facts& facts) const override { return node::lower(intent, facts); }
  Resource canonical(Resource resource) const override {
    const auto& schema = schema_of(resource.kind);
    resource.attributes = with_content(resource.kind, normalised(schema, resource.attributes));
    return resource;
  }
  StoredProvider configuration() const override { return entry_; }
  std::string account() const override {
    const auto address = entry_.settings.find("address");
    return address == entry_.settings.end() ? entry_.name : address->second;
  }
  bool stands_alone() const override { return true; }
  unsigned most_calls() const override { return 1; }  // a change is armed and confirmed as a whole

  /// One report tells both what `lower` needs and what is there: the next `observe` takes this one.
  Result<Facts> probe(const Call& call) override {
    auto report = read("observe", limits_of(call));
    if (!report) return fail(report.error());
    using std::chrono::system_clock, std::chrono::seconds, std::chrono::duration_cast;
    auto facts = facts_of(*report, duration_cast<seconds>(system_clock::now().time_since_epoch()).count());
    facts.merge(certificate_facts(entry_.settings, settings_.value, now()));
    const std::lock_guard guard(mutex_);
    probed_ = *std::move(report);
    return facts;
  }

  Result<std::vector<Observed>> observe(const Scope& scope, std::span<const std::string> kinds,
                                        const Call& call) override {
    (void)scope;
    auto report = taken();
    if (!report) {
      auto fresh = read("observe", limits_of(call));
      if (!fresh) return fail(fresh.error());
      report = *std::move(fresh);
    }
    auto objects = read_objects(*report);
    {
      const std::lock_guard guard(mutex_);
      uses_ = uses_of(*report);
    }
    std::erase_if(objects,
                  [&](const Observed& one) { return std::find(kinds.begin(), kinds.end(), one.kind) == kinds.end(); });
    return objects;
  }

  Result<std::vector<RawAnswer>> raw(const Call& call) override {
    const auto report = read("observe", limits_of(call));
    if (!report) return fail(report.error());
    return raw_answers(*report);
  }

  RolloutPart rollout_of(std::string_view kind, const Value& applied) const override {
    return rollout_part(kind, applied);
  }

  Passage passage(std::string_view kind, const Value& applied, const Value& desired) const override {
    return passage_of(kind, applied, desired);
  }

  Result<std::vector<RunningService>> running(const Call& call) override {
    const auto report = read("status", limits_of(call));
    if (!report) return fail(report.error());
    return running_services(*report);
  }

  bool counts_use() const override { return true; }
  std::vector<RuleUse> uses() const override {
    const std::lock_guard guard(mutex_);
    return uses_;
  }
  std::vector<RuleUse> counted_rules(std::string_view kind, const Value& applied) const override {
    return kind == k_firewall ? uncounted_uses(applied) : std::vector<RuleUse>{};
  }

  Facts specimen_facts() const override { return specimen(); }

  bool changes_together() const override { return true; }

  std::chrono::seconds longer_for(std::string_view kind, const Value& desired) const override {
    return time_for(kind, desired);
  }

  /// All of them are made, or none.
  std::vector<Result<Applied>> change_many(std::span<const ChangeRequest> changes, const Call& call) override {
    ChangeText text;
    std::vector<Result<void>> added;
    for (const auto& change : changes) added.push_back(add(text, change));
    const bool whole = std::all_of(added.begin(), added.end(), [](const auto& one) { return one.has_value(); });
    const bool risky =
        std::any_of(changes.begin(), changes.end(), [](const ChangeRequest& one) { return is_risky(kind_of(one)); });
    std::string told;
    auto objects = whole ? carry_out(changes, text, risky, told, limits_of(call))
                         : Result<std::vector<Observed>>(fail(not_alone()));
    std::vector<Result<Applied>> answers;
    for (std::size_t i = 0; i < changes.size(); ++i) {
      if (!added[i])
        answers.emplace_back(fail(added[i].error()));
      else if (!objects)
        answers.emplace_back(fail(objects.error()));
      else if (changes[i].verb == ChangeRequest::Verb::remove)
        answers.emplace_back(Applied{});
      else
        answers.push_back(found(*objects, changes[i].verb == ChangeRequest::Verb::create ? changes[i].marker.text()
                                                                                         : changes[i].now.remote_id));
      if (answers.back() && kind_of(changes[i]) == k_service) answers.back()->told = std::exchange(told, {});
    }
    return answers;
  }

  std::vector<Result<Applied>> create_many(std::span<const CreateRequest> requests, const Call& call) override {
    std::vector<ChangeRequest> changes;
    for (const auto& one : requests) changes.push_back({.desired = one.resource, .marker = one.marker});
    return change_many(changes, call);
  }

  Result<Applied> update(const ResourceState& now, const Resource& desired, const Call& call) override {
    const ChangeRequest change{.verb = ChangeRequest::Verb::update, .desired = desired, .now = now};
    return std::move(change_many({&change, 1}, call).front());
  }

  Result<void> remove(const ResourceState& row, const Call& call) override {
    const ChangeRequest change{.verb = ChangeRequest::Verb::remove, .now = row};
    const auto made = std::move(change_many({&change, 1}, call).front());
    return made ? Result<void>() : fail(made.error());
  }

 private:
  std::optional<Report> taken() {
    const std::lock_guard guard(mutex_);
    return std::exchange(probed_, std::nullopt);
  }

  static const std::string& kind_of(const ChangeRequest& change) {
    return change.verb == ChangeRequest::Verb::remove ? change.now.kind : change.desired.kind;
  }

  static net::Limits limits_of(const Call& call) { return {call.stop, call.deadline}; }

  /// The way back itself changes nothing that runs, and everything else needs it; nor do packages, which are not taken
  /// off again. A new key is in nobody's way, and one that goes back by itself would be another one.
  static bool is_risky(std::string_view kind) {
    return kind != k_agent && kind != k_key && kind != k_packages && kind != k_release;
  }

  /// A service's machine is out of its balancers' service for that time, whatever comes of it. `told`: how many
  /// sessions that ended.
  Result<std::vector<Observed>> carry_out(std::span<const ChangeRequest> changes, const ChangeText& text, bool risky,
                                          std::string& told, const net::Limits& limits) const {
    if (auto brought = bring(changes, carrier(limits)); !brought) return fail(std::move(brought.error()));
    const auto servers = drained_by(changes);
    const AskBalancer ask = [&](const std::string& balancer, const std::vector<std::string>& words) {
      return ask_balancer(balancer, words, limits);
    };
    const auto out = take_out(servers, ask);
    if (!out) return fail(out.error());
    told = ended_text(*out, servers);
    auto objects = make(text, risky, starts_of(changes), limits);
    const auto back = coming_back(servers, objects.has_value());
    if (auto in = put_in(back, ask); objects && !in) return fail(std::move(in.error()));
    if (objects) rest_after(changes, limits);
    return objects;
  }

  Result<std::string> ask_balancer(const std::string& balancer, const std::vector<std::string>& words,
                                   const net::Limits& limits) const {
    const auto shell = settings_.balancers.find(balancer);
    if (shell == settings_.balancers.end()) return fail({.summary = "Nobody knows how it is reached."});
    const auto output = shell->second->run(command(words, {}, false), limits);
    if (!output) return fail(output.error());
    if (output->status != 0) return fail({.summary = it_says(output->err)});
    return output->out;
  }

  /// How releases come to this machine.
  [[nodiscard]] Carrier carrier(const net::Limits& limits) const {
    return {.ask = [this, limits](const std::vector<std::string>& words) -> Result<std::string> {
              const auto output = shell_->run(command(words, {}, false), limits);
              if (!output) return fail(output.error());
              if (output->status != 0) return fail(not_changed(output->status, output->err));
              return output->out;
            },
            .find = [this, limits](const Artifact& artifact) -> Result<Parcel> {
              if (!settings_.artifact) return fail(no_artifact(artifact.source, "Nothing here reads files."));
              return settings_.artifact(artifact, limits);
            },
            .send = [this, limits](const net::Upload& upload) { return shell_->upload(upload, limits); },
            .strange = &Node::no_marker};
  }

  Result<void> add(ChangeText& text, const ChangeRequest& change) const {
    if (change.verb == ChangeRequest::Verb::create)
      return write(text, change.desired.kind, change.desired.attributes, change.marker);
    const auto& now = change.now;
    for (const auto& file : files_of(now.kind, now.applied)) text.drop(file);
    text.activate(now.kind);
    const bool removal = change.verb == ChangeRequest::Verb::remove;
    if (now.kind == k_peer) text.forget(parted_lines(now.applied, removal ? nullptr : &change.desired.attributes));
    if (removal) return {};
    if (now.kind == k_firewall) text.forget(closed_lines(now.applied, change.desired.attributes));
    const auto marker = Marker::parse(now.remote_id);
    if (!marker) return fail(no_marker(now.remote_id));
    return write(text, now.kind, change.desired.attributes, *marker);
  }

  Result<void> write(ChangeText& change, std::string_view kind, const Value& attributes, const Marker& marker) const {
    std::string secret;
    if (kind == k_connection) {
      const auto& reference = attribute(schema_of(kind), attributes, "secret").text_or_empty();
      if (!reference.empty()) {
        const auto read = secret_of(reference);
        if (!read) return fail(read.error());
        secret = secret_text(read->reveal());
      }
    }
    bool first = true;
    for (const auto& file : files_of(kind, attributes)) {
      auto text = marked(file, kind, attributes, marker, first);
      const auto hidden = fmt::format("    secret = {}\n", k_hidden);
      if (const auto at = text.find(hidden); !secret.empty() && at != std::string::npos)
        text.replace(at, hidden.size(), fmt::format("    secret = {}\n", secret));
      if (file.path.ends_with(k_secrets_suffix)) {
        if (auto filled = fill_secrets(text, Settings(kind, attributes)); !filled) return filled;
      }
      if (file.path.ends_with(k_first_boot_suffix)) {
        auto config = first_boot_of(attributes);
        if (!config) return fail(std::move(config.error()));
        text += *config;
      }
      change.put(file, text);
      first = false;
    }
    if (kind == k_packages)
      if (auto shipped = ship(change, Settings(kind, attributes)); !shipped) return shipped;
    change.activate(kind);
    return {};
  }

  static std::chrono::sys_seconds now() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  }

  /// A service's secrets in the places that are kept for them.
  Result<void> fill_secrets(std::string& text, const Settings& service) const {
    for (const auto& secret : secrets_of(service)) {
      const auto value = value_of(secret);
      if (!value) return fail(value.error());
      if (secret.kind == "certificate")
        if (auto valid = check_certificate(secret.reference, value->reveal(), now()); !valid) return valid;
      const auto kept = secret_lines(secret, k_hidden);
      if (const auto at = text.find(kept); at != std::string::npos)
        text.replace(at, kept.size(), secret_lines(secret, secret_text(value->reveal())));
    }
    return {};
  }

  [[nodiscard]] Result<Secret> value_of(const ServiceSecret& secret) const {
    if (!settings_.value) return fail(no_value(secret.reference, "Nothing here reads references."));
    auto value = settings_.value(secret.reference);
    if (value && secret.kind == "variable" && value->reveal().find('\n') != std::string::npos)
      return fail(no_value(secret.reference, "It has several lines, which no variable has."));
    return value;
  }

  /// The packages' own files, where the node does not fetch them by itself.
  Result<void> ship(ChangeText& change, const Settings& packages) const {
    if (packages.text("from") == "mirror" || !settings_.packages) return {};
    auto files = settings_.packages(packages.text("from"));
    if (!files) return fail(std::move(files.error()));
    for (const auto& [name, content] : *files)
      change.put({.path = "/var/lib/cloison/packages/" + name, .mode = "600"}, content);
    return {};
  }

  [[nodiscard]] Result<std::string> first_boot_of(const Value& guest) const {
    const Settings settings(k_guest, guest);
    const auto keys = settings.texts("authorized_keys");
    if (keys.empty() || !settings_.cloud_config) return std::string();
    auto config = settings_.cloud_config(settings.text("account"), keys);
    if (!config) return config;
    return *config + "\n";
  }

  [[nodiscard]] Result<Secret> secret_of(const std::string& reference) const {
    if (settings_.secret) return settings_.secret(reference);
    return fail(no_secret(reference, "Nothing here reads references."));
  }

  /// A shared key that is not what its reference says shows as a difference; without the reference nobody can tell.
  [[nodiscard]] std::vector<Observed> read_objects(const Report& report) const {
    auto objects = objects_of(report);
    const auto digests = secret_digests(report);
    const auto& schema = schema_of(k_connection);
    for (auto& one : objects) {
      if (one.kind == k_service) compare_secrets(one, report);
      if (one.kind != k_connection) continue;
      const auto& reference = attribute(schema, one.attributes, "secret").text_or_empty();
      if (reference.empty()) continue;
      const auto secret = secret_of(reference);
      const auto there = digests.by_connection.find(attribute(schema, one.attributes, "name").text_or_empty());
      if (!secret) continue;
      const auto expected = sha256_hex(fmt::format("{}\n{}\n", digests.salt, secret_text(secret->reveal())));
      if (there == digests.by_connection.end() || there->second != expected)
        one.attributes = with_attribute(schema, one.attributes, "secret", Value::null());
    }
    return objects;
  }

  /// The same of a service's secrets: what is another one is no longer among them.
  void compare_secrets(Observed& service, const Report& report) const {
    const Settings settings(k_service, service.attributes);
    const auto secrets = secrets_of(settings);
    if (secrets.empty()) return;
    const auto digests = service_digests(report, settings.text("name"));
    std::vector<std::string> same;
    for (const auto& secret : secrets) {
      const auto value = value_of(secret);
      const auto there = digests.by_secret.find(fmt::format("{} {}", secret.kind, secret.name));
      // What cannot be read here is believed: nobody can tell.
      if (!value || (there != digests.by_secret.end() &&
                     there->second == sha256_hex(fmt::format("{}\n{}\n", digests.salt, secret_text(value->reveal())))))
        same.push_back(fmt::format("{} {} {}", secret.kind, secret.name, secret.reference));
    }
    service.attributes = with_attribute(schema_of(k_service), service.attributes, "secrets", Value::texts(same));
  }

  /// The agent comes on standard input, in front of what it reads there: as an argument it would fill the host's log.
  [[nodiscard]] net::Command command(std::vector<std::string> words, const std::string& input, bool writes) const {
    const auto agent = agent_text();
    net::Command command{.input = std::string(agent) + input, .writes = writes};
    if (settings_.sudo) command.argv = {"sudo", "-n"};
    command.argv.insert(command.argv.end(),
                        {"/bin/sh", "-c", fmt::format("eval \"$(head -c {})\"", agent.size()), "agent"});
    command.argv.insert(command.argv.end(), words.begin(), words.end());
    return command;
  }

  Result<Report> read(const char* verb, const net::Limits& limits) const {
    const auto output = shell_->run(command({verb}, {}, false), limits);
    if (!output) return fail(output.error());
    if (output->status != 0) return fail(not_run(*output));
    return parse_report(output->out);
  }

  Result<std::vector<Observed>> make(const ChangeText& change, bool risky, int64_t starts,
                                     const net::Limits& limits) const {
    const auto seconds = risky ? settings_.restore_after.count() : 0;
    const auto asked =
        shell_->run(command({"apply", std::to_string(seconds), std::to_string(starts)}, change.done(), true), limits);
    if (!asked) return fail(asked.error());
    if (asked->status != 0) return fail(not_changed(asked->status, asked->err));
    if (risky) return confirmed(limits);
    const auto report = read("observe", limits);
    if (!report) return fail(report.error());
    return read_objects(*report);
  }

  /// How the change that began has ended; the agent waits half a minute each time. The connection that asked for it may
  /// have been cut by it: then a new one.
  Result<std::string> outcome(const net::Limits& limits) const {
    constexpr std::chrono::seconds k_patience{6};
    const auto soon = std::min(limits.deadline, std::chrono::steady_clock::now() + k_patience);
    auto report = read("outcome", {limits.stop, soon});
    if (!report) {
      shell_->disconnect();
      report = read("outcome", limits);
    }
    while (report) {
      const auto said = report->find("outcome");
      if (said != report->end() && !said->second.text.empty()) return said->second.text;
      if (std::chrono::steady_clock::now() >= limits.deadline || limits.stop.stop_requested()) return std::string();
      report = read("outcome", limits);
    }
    return fail(std::move(report.error()));
  }

  /// Confirms over a connection that was made after the change had taken effect: what cuts us off goes back by itself.
  Result<std::vector<Observed>> confirmed(const net::Limits& limits) const {
    const auto said = outcome(limits);
    if (!said) return fail(unconfirmed(said.error()));
    if (said->empty()) return fail(unconfirmed({.summary = "It does not end."}));
    if (trimmed(*said) != "0")
      return fail(not_changed(k_went_back, std::string_view(*said).substr(said->find('\n') + 1)));
    shell_->disconnect();
    const auto report = read("observe", limits);
    if (!report) return fail(unconfirmed(report.error()));
    const auto done = shell_->run(command({"confirm"}, {}, true), limits);
    if (!done) return fail(unconfirmed(done.error()));
    if (done->status != 0) return fail(unconfirmed({.summary = printable(trimmed(done->err))}));
    return read_objects(*report);
  }

  static Result<Applied> found(const std::vector<Observed>& objects, const std::string& mark) {
    const auto object =
        std::find_if(objects.begin(), objects.end(), [&](const Observed& one) { return one.remote_id == mark; });
    if (object == objects.end()) return fail(no_marker(mark));
    return Applied{object->remote_id, object->attributes};
  }

  /// Another one of the same call could not be written down.
  static Diagnostic not_alone() {
    return {.kind = ErrorKind::transient, .summary = "nothing was changed, since something else could not be"};
  }

  static Diagnostic no_marker(const std::string& mark) {
    return {.kind = ErrorKind::internal,
            .code = "CL5411",
            .summary = "the node does not show what was written to it",
            .detail = fmt::format("There is no '{}'.", printable(mark)),
            .hint = "look at /etc/cloison and /etc/systemd/network there: does another program write to them?"};
  }

  /// Lines of programs as one.
  static std::string it_says(std::string_view text) {
    std::string lines;
    for (const auto line : split(trimmed(text), '\n'))
      if (!trimmed(line).empty()) lines += (lines.empty() ? "" : "; ") + printable(trimmed(line));
    return "It says: " + lines;
  }

  [[nodiscard]] Diagnostic not_run(const net::CommandOutput& output) const {
    const auto user = entry_.settings.find("user");
    return {.kind = ErrorKind::permission,
            .code = "CL5412",
            .summary = "the node's account may not do this",
            .detail = it_says(output.err),
            .hint = fmt::format("let it become root without a password: echo '{} ALL=(ALL) NOPASSWD: ALL' > "
                                "/etc/sudoers.d/cloison",
                                user == entry_.settings.end() ? "ACCOUNT" : printable(user->second))};
  }

  [[nodiscard]] Diagnostic not_changed(int status, std::string_view said) const {
    if (status != k_refused && status != k_went_back) return not_run({.err = std::string(said)});
    const bool back = status == k_went_back;
    return {.kind = ErrorKind::conflict,
            .code = back ? "CL5414" : "CL5413",
            .summary = back ? "the node could not be changed, and is back on its former configuration"
                            : "the node refused the change, and nothing was changed",
            .detail = it_says(said),
            .hint = back ? "look at what it says, and at `journalctl -b` there" : "mend what it says, and apply again"};
  }

  [[nodiscard]] Diagnostic unconfirmed(const Diagnostic& why) const {
    return {.kind = ErrorKind::unconfirmed,
            .code = "CL5415",
            .summary = "the change was made, and the node could not be reached any more to confirm it",
            .detail = fmt::format("{} {} Within {} s it goes back to its former configuration by itself.", why.summary,
                                  why.detail, settings_.restore_after.count()),
            .hint = "wait, then `cloison plan`: does the change close the way by which it was made?"};
  }

  StoredProvider entry_;
  std::shared_ptr<net::Shell> shell_;
  NodeSettings settings_;
  mutable std::mutex mutex_{};
  std::optional<Report> probed_{};
  std::vector<RuleUse> uses_{};  // of the last report
  mutable RuleMemory rules_{};
};

}  // namespace

namespace {

/// "balancer.edge-1.address", "balancer.edge-1.fingerprint": as the entry says of the rest. One that cannot be reached
/// so says why when it is asked.
std::map<std::string, std::shared_ptr<net::Shell>, std::less<>> balancers_of(const StoredProvider& entry,
                                                                             const net::Access& access) {
  std::map<std::string, std::shared_ptr<net::Shell>, std::less<>> shells;
  constexpr std::string_view k_prefix = "balancer.", k_address = ".address";
  for (const auto& [key, value] : entry.settings) {
    if (!key.starts_with(k_prefix) || !key.ends_with(k_address)) continue;
    const auto name = key.substr(k_prefix.size(), key.size() - k_prefix.size() - k_address.size());
    auto balancer = entry;
    balancer.settings.insert_or_assign("address", value);
    balancer.settings.erase("fingerprint");
    if (const auto pinned = entry.settings.find(fmt::format("{}{}.fingerprint", k_prefix, name));
        pinned != entry.settings.end())
      balancer.settings.insert_or_assign("fingerprint", pinned->second);
    auto target = target_of(balancer, access);
    shells.emplace(name, target ? net::make_ssh(*std::move(target)) : std::make_shared<NoShell>(target.error()));
  }
  return shells;
}

}  // namespace

std::shared_ptr<Provider> make_node(StoredProvider entry, const net::Access& access) {
  NodeSettings settings;
  std::shared_ptr<net::Shell> shell;
  if (auto target = target_of(entry, access)) {
    settings.sudo = target->host.user != "root";
    settings.cloud_config = [access](const std::string& account, const std::vector<std::string>& keys) {
      return net::cloud_config(account, keys, access);
    };
    settings.packages = [access](const std::string& from) { return package_files(from, access); };
    settings.artifact = [access](const Artifact& artifact, const net::Limits& limits) {
      return obtain(artifact, access, limits);
    };
    settings.balancers = balancers_of(entry, access);
    settings.value = [access](const std::string& reference) { return read_value(reference, access); };
    settings.secret = [access](const std::string& reference) { return read_secret(reference, access); };
    shell =
        access.keeping ? net::make_kept_ssh(*std::move(target), *access.keeping) : net::make_ssh(*std::move(target));
  } else {
    shell = std::make_shared<NoShell>(std::move(target.error()));
  }
  return make_node(std::move(entry), std::move(shell), std::move(settings));
}

std::shared_ptr<Provider> make_node(StoredProvider entry, std::shared_ptr<net::Shell> shell, NodeSettings settings) {
  return std::make_shared<Node>(std::move(entry), std::move(shell), std::move(settings));
}

}  // namespace cloison::node
