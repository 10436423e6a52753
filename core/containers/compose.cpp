#include "core/containers/compose.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/containers/yaml.h"

namespace cloison::containers {

namespace {

constexpr uint16_t k_first_free_port = 1024;

std::string protocol_word(uint8_t number) {
  return number == protocol::k_tcp ? "tcp" : number == protocol::k_udp ? "udp" : "sctp";
}

std::string upper_name(std::string text) {
  for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : is_letter_or_digit(c) ? c : '_';
  return is_digit(text.front()) ? '_' + text : text;
}

std::string size_text(int64_t bytes) {
  for (const std::string_view unit : {"b", "k", "m"}) {
    if (bytes % 1024 != 0) return fmt::format("{}{}", bytes, unit);
    bytes /= 1024;
  }
  return fmt::format("{}g", bytes);
}

class Composing {
 public:
  Composing(const topology::Resolved& resolved, const Workloads& workloads, const Selection& selection,
            std::vector<LeftOut>& left_out)
      : resolved_(resolved), workloads_(workloads), left_out_(left_out) {
    std::map<std::string, std::size_t> uses;
    for (std::size_t i = 0; i < workloads.all.size(); ++i) {
      if (!selection.has(workloads.all[i])) continue;
      chosen_.push_back(i);
      ++uses[workloads.all[i].name];
    }
    for (const auto i : chosen_) {
      const auto& one = workloads.all[i];
      names_[i] = uses[one.name] == 1 ? one.name : fmt::format("{}-{}", one.name_space, one.name);
    }
    join();
  }

  Document run() {
    Yaml services, networks, secrets, file;
    for (const auto i : chosen_) services.add(names_.at(i), service(i));
    for (const auto& [name, leaves] : segments_) networks.add(name, segment_network(leaves));
    for (const auto& [ends, flows] : joined_) networks.add(between(ends), pair_network());
    for (const auto i : chosen_) add_secrets(i, secrets);
    file.add("name", resolved_.topology->name)
        .add("services", std::move(services))
        .add("networks", std::move(networks));
    if (!secrets.empty()) file.add("secrets", std::move(secrets));
    std::string text(k_compose_head);
    text += fmt::format(" from the topology {}. The next export writes it anew.\n", resolved_.topology->name);
    return {"compose.yaml", text + yaml_comment(head()) + yaml_text(file, Reader::compose)};
  }

 private:
  using Ends = std::pair<std::size_t, std::size_t>;

  /// Who talks with whom, and from which segments something leaves or is entered.
  void join() {
    for (const auto i : chosen_) {
      const auto& one = workloads_.all[i];
      auto& leaves = segments_[one.name_space];
      leaves = leaves || one.settings.is_public;
      for (const auto& permit : one.permits)
        for (const auto* peers : {&permit.from, &permit.to})
          for (const auto& peer : *peers) {
            if (!peer.workload)
              leaves = true;
            else if (*peer.workload != i && names_.contains(*peer.workload))
              joined_[std::minmax(i, *peer.workload)].insert(permit.flow);
          }
    }
  }

  [[nodiscard]] std::string between(const Ends& ends) const {
    return fmt::format("{}_{}", names_.at(ends.first), names_.at(ends.second));
  }
  /// Its containers reach the outside by it, or nothing; never each other.
  static Yaml segment_network(bool leaves) {
    Yaml made, options;
    options.add("com.docker.network.bridge.enable_icc", "false");
    made.add("driver", "bridge").add("driver_opts", std::move(options));
    return leaves ? made : made.add("internal", true);
  }
  static Yaml pair_network() {
    Yaml made;
    return made.add("driver", "bridge").add("internal", true);
  }

  [[nodiscard]] std::vector<std::string> head() const {
    std::vector<std::string> lines{
        "", "Compose knows who may talk with whom, and neither ports nor directions: two containers are in one network",
        "where a flow joins them, and then reach each other at all ports, both ways. A segment's network leads outside",
        "where a flow of it does, and then to everybody there. Published ports are open to everybody who reaches the",
        "machine. What keeps to the flows exactly: `cloison export kubernetes`, or the machines themselves."};
    for (const auto& [ends, flows] : joined_) {
      std::vector<std::string> ids;
      for (const auto flow : flows) ids.push_back(resolved_.flows[flow].id);
      lines.push_back(fmt::format("  {}: {}", between(ends), join_words(ids)));
    }
    for (const auto i : chosen_) {
      const auto& one = workloads_.all[i];
      if (one.settings.is_public && one.replicas > 1 && !one.settings.ports.empty())
        lines.push_back(fmt::format("{}: its {} replicas share their ports in a swarm only; without one: --scale {}=1",
                                    names_.at(i), one.replicas, names_.at(i)));
    }
    for (const auto& [name, whose] : asked_)
      lines.push_back(fmt::format("It needs the variable {} ({}).", name, whose));
    return lines;
  }
  static std::string join_words(const std::vector<std::string>& words) { return ::cloison::join(words, ", "); }

  Yaml service(std::size_t number) {
    const auto& one = workloads_.all[number];
    const auto& settings = one.settings;
    Yaml made, words = Yaml::list();
    made.add("image", settings.image);
    for (const auto& word : settings.arguments) words.add(word);
    if (!words.empty()) made.add("command", std::move(words));
    if (!settings.user.empty()) made.add("user", settings.user);
    add_variables(number, made);
    add_ports(one, made);
    add_networks(number, made);
    add_names(one, made);
    add_order(number, made);
    add_health(settings, made);
    made.add("deploy", deployment(one));
    made.add("restart", "unless-stopped");
    contain(settings, made);
    add_files(number, made);
    Yaml labels;
    labels.add("cloison.host", resolved_.hosts[one.host].path).add("cloison.service", one.service_name);
    return made.add("labels", std::move(labels));
  }

  /// Secrets come from the environment in which Compose runs: the file holds their names.
  void add_variables(std::size_t number, Yaml& made) {
    const auto& settings = workloads_.all[number].settings;
    Yaml variables;
    for (const auto& [name, value] : settings.variables) variables.add(name, value);
    for (const auto& [name, reference] : settings.secret_variables) {
      const auto asked = variable_of(reference, name);
      variables.add(name, Yaml::interpolated(fmt::format("${{{}:?}}", asked)));
      asked_.emplace(asked, fmt::format("{} of {}", name, names_.at(number)));
    }
    if (!variables.empty()) made.add("environment", std::move(variables));
  }
  /// `env:NAME` names one itself.
  static std::string variable_of(const topology::SecretReference& reference, const std::string& otherwise) {
    const auto& name = reference.text;
    const bool usable = reference.source == topology::SecretReference::Source::environment && !name.empty() &&
                        !is_digit(name.front()) &&
                        std::all_of(name.begin(), name.end(), [](char c) { return is_letter_or_digit(c) || c == '_'; });
    return usable ? name : otherwise;
  }

  static void add_ports(const Workload& one, Yaml& made) {
    Yaml ports = Yaml::list();
    for (const auto& port : one.settings.ports) {
      Yaml published;
      published.add("target", port.number)
          .add("published", std::to_string(port.number))
          .add("protocol", protocol_word(port.protocol));
      ports.add(std::move(published));
    }
    if (one.settings.is_public && !ports.empty()) made.add("ports", std::move(ports));
  }

  void add_networks(std::size_t number, Yaml& made) const {
    Yaml networks = Yaml::list();
    networks.add(workloads_.all[number].name_space);
    for (const auto& [ends, flows] : joined_)
      if (ends.first == number || ends.second == number) networks.add(between(ends));
    made.add("networks", std::move(networks));
  }

  static void add_names(const Workload& one, Yaml& made) {
    Yaml servers = Yaml::list();
    for (const auto& address : one.nameservers) servers.add(address.text());
    if (!servers.empty()) made.add("dns", std::move(servers));
  }

  /// `after:` names services; all their containers in this file are meant.
  void add_order(std::size_t number, Yaml& made) const {
    Yaml before;
    std::set<std::size_t> first;
    for (const auto& [key, name] : resolved_.topology->services[workloads_.all[number].service].settings)
      if (key == "after" || key.starts_with("after."))
        for (const auto i : chosen_)
          if (workloads_.all[i].service_name == name.value && i != number) first.insert(i);
    for (const auto i : first) {
      Yaml condition;
      condition.add("condition", workloads_.all[i].settings.probe ? "service_healthy" : "service_started");
      before.add(names_.at(i), std::move(condition));
    }
    if (!before.empty()) made.add("depends_on", std::move(before));
  }

  static void add_health(const Settings& settings, Yaml& made) {
    if (!settings.probe) return;
    const auto& asked = *settings.probe;
    Yaml health, test = Yaml::list({"CMD"});
    if (asked.path.empty())
      test.add("nc").add("-z").add("localhost").add(std::to_string(asked.port));
    else
      test.add("curl")
          .add(asked.tls ? "-fsk" : "-fs")
          .add("-o")
          .add("/dev/null")
          .add(fmt::format("{}://localhost:{}{}", asked.tls ? "https" : "http", asked.port, asked.path));
    health.add("test", std::move(test))
        .add("interval", fmt::format("{}s", asked.interval))
        .add("timeout", fmt::format("{}s", asked.timeout))
        .add("retries", asked.retries);
    made.add("healthcheck", std::move(health));
  }

  static Yaml deployment(const Workload& one) {
    const auto& settings = one.settings;
    Yaml made, update, limits, resources;
    const bool more = settings.together && settings.max_surge > 0;
    constexpr int64_t k_all = 0;  // Compose Deploy Specification, update_config
    update.add("parallelism", !settings.together ? k_all : more ? settings.max_surge : settings.max_unavailable);
    if (settings.pause > 0) update.add("delay", fmt::format("{}s", settings.pause));
    update.add("order", more ? "start-first" : "stop-first").add("failure_action", "rollback");
    made.add("replicas", one.replicas).add("update_config", std::move(update));
    if (settings.millicores > 0)
      limits.add("cpus", fmt::format("{}.{:03}", settings.millicores / 1000, settings.millicores % 1000));
    if (settings.memory > 0) limits.add("memory", size_text(settings.memory));
    if (limits.empty()) return made;
    resources.add("limits", std::move(limits));
    return made.add("resources", std::move(resources));
  }

  static void contain(const Settings& settings, Yaml& made) {
    made.add("read_only", true).add("tmpfs", Yaml::list({"/tmp"}));
    made.add("cap_drop", Yaml::list({"ALL"})).add("security_opt", Yaml::list({"no-new-privileges:true"}));
    if (std::none_of(settings.ports.begin(), settings.ports.end(),
                     [](const Port& port) { return port.number < k_first_free_port; }))
      return;
    Yaml lowest;
    lowest.add("net.ipv4.ip_unprivileged_port_start", "0");
    made.add("sysctls", std::move(lowest));
  }

  [[nodiscard]] std::string secret_name(std::size_t number, const SecretFile& file) const {
    return fmt::format("{}-{}", names_.at(number), file.key);
  }
  void add_files(std::size_t number, Yaml& made) const {
    Yaml list = Yaml::list();
    for (const auto& file : workloads_.all[number].settings.files) {
      Yaml one;
      one.add("source", secret_name(number, file)).add("target", file.key);
      list.add(std::move(one));
    }
    if (!list.empty()) made.add("secrets", std::move(list));
  }
  void add_secrets(std::size_t number, Yaml& secrets) {
    for (const auto& file : workloads_.all[number].settings.files) {
      Yaml one;
      const auto name = secret_name(number, file);
      if (file.reference.source == topology::SecretReference::Source::file) {
        one.add("file", file.reference.text);
      } else {
        const auto asked = variable_of(file.reference, upper_name(name));
        one.add("environment", asked);
        asked_.emplace(asked, fmt::format("{} of {}", file.key, names_.at(number)));
      }
      secrets.add(name, std::move(one));
    }
    if (workloads_.all[number].over_zones || workloads_.all[number].over_nodes)
      left_out_.push_back({workloads_.all[number].service_name, resolved_.hosts[workloads_.all[number].host].path,
                           "spread", "Compose runs all replicas on one machine",
                           resolved_.topology->services[workloads_.all[number].service].span});
  }

  const topology::Resolved& resolved_;
  const Workloads& workloads_;
  std::vector<LeftOut>& left_out_;
  std::vector<std::size_t> chosen_{};
  std::map<std::size_t, std::string> names_{};
  std::map<std::string, bool> segments_{};  // by network: whether something leaves it, or enters
  std::map<Ends, std::set<uint32_t>> joined_{};
  std::map<std::string, std::string> asked_{};  // variables that must be set, and for what
};

}  // namespace

Document compose(const topology::Resolved& resolved, const Workloads& workloads, const Selection& selection,
                 std::vector<LeftOut>& left_out) {
  return Composing(resolved, workloads, selection, left_out).run();
}

}  // namespace cloison::containers
