// The table of JSON lines in docs/commands.md, held against what the program prints.

#include <filesystem>
#include <fstream>
#include <memory>
#include <regex>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/run.h"
#include "tests/cli/topologies.h"

namespace cloison::cli_test {

namespace {

using Fields = std::map<std::string, std::set<std::string>>;  // by type

/// Words in backticks of a cell; what stands in brackets belongs to a field, and is none itself.
std::set<std::string> words_of(std::string cell) {
  cell = std::regex_replace(cell, std::regex(R"(\[[^\]]*\])"), "");
  std::set<std::string> words;
  const std::regex word("`([a-z_]+)`");
  for (std::sregex_iterator it(cell.begin(), cell.end(), word), end; it != end; ++it) words.insert((*it)[1]);
  return words;
}

Fields documented() {
  Fields table;
  std::ifstream file(std::string(CLOISON_SOURCE_DIR) + "/docs/commands.md");
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("| type | from |")) inside = true;
    if (line.empty()) inside = false;
    if (!inside || !line.starts_with("| `")) continue;
    const auto second = line.find('|', 1), third = line.find('|', second + 1);
    const auto fields = words_of(line.substr(third));
    for (const auto& type : words_of(line.substr(0, second))) table[type].insert(fields.begin(), fields.end());
  }
  return table;
}

constexpr const char* k_node_that_does_not_answer =
    "cloison: 1\nname: office\nenvironments: {production: {address_space: 10.0.0.0/12}}\n"
    "address_pools: {sites: {cidr: 10.8.0.0/16}}\nproviders: {nodes: {kind: node, user: admin}}\n"
    "zones: {files: {trust: restricted}}\nsites:\n  office:\n    provider: nodes\n"
    "    nodes: {name: office-1, address: 127.0.0.1, port: 1, trunk: lan0}\n"
    "    underlays: {fibre: {interface: wan0}}\n"
    "    segments: {files: {vlan: 10, intra: allow, cidr: auto/24}}\n";

constexpr const char* k_devices_that_dial =
    "cloison: 1\nname: practice\nenvironments: {production: {address_space: 10.0.0.0/12}}\n"
    "address_pools: {sites: {cidr: 10.8.0.0/16}}\nproviders: {nodes: {kind: node, user: admin}}\n"
    "zones: {tablets: {trust: exposed}}\nsites:\n  practice:\n    provider: nodes\n"
    "    nodes: {name: one, address: 192.0.2.10, trunk: lan0}\n"
    "    underlays: {fibre: {interface: wan0, public: 192.0.2.10}}\n"
    "    segments: {tablets: {cidr: auto/26, peers: []}}\n"
    "links: {tablets: {kind: remote-access, users: practice.tablets, to: same-site, at: same-site, tunnel: full}}\n";

constexpr const char* k_offices =
    "cloison: 1\nname: offices\nenvironments: {production: {address_space: 10.0.0.0/12}}\n"
    "address_pools: {sites: {cidr: 10.8.0.0/16}}\nproviders: {nodes: {kind: node, user: admin}}\n"
    "zones: {files: {trust: restricted}}\nsites:\n  office:\n    for_each: {csv: offices.csv, key: name}\n"
    "    provider: nodes\n    nodes: {name: \"{{name}}-1\", address: \"{{address}}\", trunk: lan0}\n"
    "    underlays: {fibre: {interface: wan0}}\n"
    "    segments: {files: {vlan: 10, intra: allow, cidr: auto/24}}\n";

constexpr const char* k_service_on_machines =
    "cloison: 1\nname: pages\nenvironments: {production: {address_space: 10.16.0.0/12}}\n"
    "providers: {nodes: {kind: node, user: cloison}}\nzones: {app: {trust: internal}}\n"
    "sites: {here: {provider: nodes, segments: {app: {zone: app, vlan: 10, cidr: auto/24}}}}\n"
    "address_pools: {sites: {cidr: 10.16.0.0/16}}\n"
    "services: {pages: {artifact: {file: pages, version: \"1.0\", sha256: "
    "d0960501f8971be812f2e5494426e08cdbb2cbc3b3190ba60075f14b8da7178a}, runs_on: {site: here, segment: app, replicas: "
    "1}, "
    "listen: tcp/3000, nodes: {address: 192.0.2.20}}}\n";

constexpr const char* k_public_key =
    "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAwLs9Gli6DS8NkBCZ+V5anMoYsMCpy1GKAOYfcDOXg4E=\n-----END PUBLIC "
    "KEY-----\n";

/// A life in the sandbox in which every command prints what it can.
class Lines {
 public:
  void collect() {
    const std::string extra =
        "  - {id: F-3, from: far, to: cloud.dmz.edge, ports: [tcp/22], purpose: Care, expires: 2026-11-26}\n"
        "groups: {far: {cidrs: [198.51.100.0/24]}}\n"
        "guarantees: [{id: G-1, isolated: {among: [cloud.app, cloud.dmz]}}]\n"
        "services: {db: {kind: postgresql, runs_on: cloud.app.web}, pages: {runs_on: cloud.app.web, artifact: {image: "
        "\"r.example/web@sha256:d0960501f8971be812f2e5494426e08cdbb2cbc3b3190ba60075f14b8da7178a\"}}}\n"
        "scenarios: {lost: {down: cloud.app.web, requires: []}}\n";
    take({"init", "starter"});
    folder_->write("topology.yaml", clinic(proxy_flow() + extra));
    take({"validate"});
    take({"verify", "--prove=both"});
    take({"lint"});
    take({"simulate", "--all-single", "--ways"});
    take({"plan", "--sandbox"});
    take({"apply", "--sandbox", "--yes", "--override", "G-1=a test"},
         {{"CLOISON_SANDBOX_FAULTS", "seed=3,fail=1"}, {"CLOISON_TEST_PACE", "10ms"}});
    take({"apply", "--sandbox", "--yes", "--override", "G-1=a test"}, {{"CLOISON_TEST_KILL_AT_COMMIT", "before:6"}});
    take({"apply", "--sandbox", "--yes", "--override", "G-1=a test"},
         {{"CLOISON_SANDBOX_FAULTS", "seed=7,in_doubt=0.4"}, {"CLOISON_TEST_PACE", "10ms"}});
    take({"apply", "--sandbox", "--yes", "--override", "G-1=a test"});
    take({"state", "list", "--sandbox"});
    take({"state", "show", "cloud.main.app.network", "--sandbox"});
    take({"sandbox", "set", "cloud.main.app.network", "name=renamed"});
    take({"drift", "--sandbox"}, {{"CLOISON_NOW", "2026-11-28T10:00:00Z"}});
    take({"log", "--sandbox"});
    take({"log", "--verify", "--sandbox"});
    take({"graph", "--sandbox"});
    take({"export", "kubernetes", "--out", "manifests"});
    folder_->write("manifests/stranger.yaml", "kind: Pod\nmetadata: {name: x, namespace: cloud-main-app}\nspec: {}\n");
    take({"export", "kubernetes", "--check", "manifests"});
    take({"sandbox", "quota", "network=50"});
    take({"sandbox", "quota"});
    take({"state", "rm", "cloud.main.app.web-1.server", "--yes", "--sandbox"});
    take({"state", "show", "nothing", "--sandbox"});
    take({"destroy", "--sandbox", "--yes"});
    folder_->write("topology.yaml", k_node_that_does_not_answer);
    take({"plan", "--state", "nodes.db"});
    folder_ = std::make_unique<Folder>();
    folder_->write("topology.yaml", k_devices_that_dial);
    take({"apply", "--sandbox", "--yes"});
    take({"explain", "10.16.0.60", "203.0.113.1", "https"});
    take({"verify"});
    take({"report", "flows"});
    write_signing_key();
    take({"report", "evidence", "-o", "pack.tar.gz", "--key", "key.pem", "--sandbox"});
    folder_->write("sheet.csv", "flow,said,decision\n,,\n");
    take({"review", "import", "sheet.csv", "--sandbox"});
    take({"enroll", "practice.tablets", "tablet-1", "--new", "--out", "files", "--sandbox"});
    folder_ = std::make_unique<Folder>();
    folder_->write("topology.yaml", k_offices);
    folder_->write("offices.csv", "name;address\nlyon;192.0.2.10\n");
    take({"verify"});
    folder_->write("topology.yaml", k_service_on_machines);
    take({"status", "--sandbox"});
    folder_ = std::make_unique<Folder>();
    folder_->write("public.pem", k_public_key);
    folder_->write("pack.tar.gz", "no pack");
    take({"report", "check", "pack.tar.gz", "--key", "public.pem"});
    take({"report", "key", "--key", "public.pem"});
    take({"schema"});
    take({"completion", "bash"});
    take({"help", "plan"});
    take({"version"});
  }

  Fields printed{};

 private:
  /// An Ed25519 key in PKCS#8; in pieces, so that no file of the repository looks like a key.
  void write_signing_key() const {
    folder_->write("key.pem",
                   std::string("-----BEGIN PRIVATE") +
                       " KEY-----\nMC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n-----END "
                       "PRIVATE" +
                       " KEY-----\n");
    std::filesystem::permissions(folder_->path() / "key.pem", std::filesystem::perms::owner_read);
  }
  void take(std::vector<std::string> words, const std::map<std::string, std::string>& environment = {}) {
    words.emplace_back("--json");
    for (const auto& line : json_lines(run(words, {folder_->path(), environment}).out)) {
      auto& fields = printed[line.at("type")];
      for (const auto& [name, value] : line)
        if (name != "type" && name != "seq" && name != "time") fields.insert(name);
    }
  }
  std::unique_ptr<Folder> folder_ = std::make_unique<Folder>();
};

TEST(JsonTable, NamesWhatIsPrintedAndNothingElse) {
  const auto table = documented();
  ASSERT_GT(table.size(), 20U);
  Lines lines;
  lines.collect();
  for (const auto& [type, fields] : lines.printed) {
    ASSERT_TRUE(table.contains(type)) << type << " is not documented";
    for (const auto& field : fields)
      EXPECT_TRUE(table.at(type).contains(field)) << type << "." << field << " is not documented";
  }
  // What no run of a small cloud prints: a pair without path, engines that differ.
  const std::set<std::string> not_reached{"dropped", "difference"};
  for (const auto& [type, fields] : table) {
    if (not_reached.contains(type)) continue;
    ASSERT_TRUE(lines.printed.contains(type)) << type << " is documented, and was not printed";
    for (const auto& field : fields)
      EXPECT_TRUE(lines.printed.at(type).contains(field))
          << type << "." << field << " is documented, and was not printed";
  }
}

}  // namespace

}  // namespace cloison::cli_test
