// What the whole program promises, on random topologies as people write them: read, resolved, compiled, planned and
// applied in the sandbox.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <unistd.h>

#include "core/model/value_json.h"
#include "core/ops/apply.h"
#include "core/ops/failures.h"
#include "core/ops/proving.h"
#include "core/ops/validate.h"
#include "core/ops/verify.h"
#include "core/state/sqlite_store.h"
#include "core/verify/survival.h"
#include "providers/sandbox/tampering.h"
#include "tests/support/generators_plan.h"
#include "tests/support/laws.h"
#include "tests/support/program_providers.h"
#include "tests/support/remains.h"
#include "tests/support/topology_generator.h"

namespace cloison::test {
namespace {

namespace fs = std::filesystem;

std::string errors_of(const Diagnostics& notes) {
  std::string text;
  for (const Diagnostic& note : notes)
    if (note.severity == Diagnostic::Severity::error)
      text += note.code + ' ' + note.summary + ": " + note.detail + '\n';
  return text;
}

/// A topology's folder with its state and simulator, gone with the case.
class Place {
 public:
  explicit Place(const DrawnTopology& drawn, uint64_t order = 0) {
    std::string name = (fs::temp_directory_path() / "cloison-laws-XXXXXX").string();
    if (!::mkdtemp(name.data())) throw std::runtime_error("no temporary folder");
    folder_ = name;
    context_.topology.path = folder_;
    context_.sandbox.on = true;
    context_.clock = Clock(*parse_rfc3339("2026-11-22T12:00:00Z"));
    context_.providers = &factory_;
    context_.events = &silent_;
    write(drawn, order);
  }
  ~Place() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  void write(const DrawnTopology& drawn, uint64_t order = 0) const {
    for (const auto& entry : fs::directory_iterator(folder_)) {
      const auto kind = entry.path().extension();
      if (kind == ".yaml" || kind == ".csv") fs::remove(entry.path());
    }
    for (const auto& [name, text] : files_of(drawn, order)) std::ofstream(folder_ / name) << text;
  }
  void schedule(uint64_t drawn) {
    context_.schedule_seed = drawn | 1U;
    context_.parallelism = 1 + static_cast<unsigned>(drawn % 8);
  }

  /// What is wrong, "" when nothing.
  [[nodiscard]] std::string invalid() const {
    const auto validated = ops::validate(context_);
    if (validated.resources.empty()) return "no resources\n" + errors_of(validated.notes);
    return errors_of(validated.notes);
  }
  /// Flows that do not pass, packets that no flow asks for, and what both engines do not agree on, by their messages.
  [[nodiscard]] std::string unproved() const {
    const auto verified = ops::verify(context_, ops::Engines::both);
    std::string text;
    for (const auto& note : verified.notes)
      if (note.code == "CL6112" || note.code == "CL6114" || note.code == "CL6115" || note.code == "CL6116" ||
          (note.code == "CL6113" && note.where == 0))
        text += note.summary + ": " + note.detail + '\n';
    return verified.proved.empty() ? "nothing was proved" : text;
  }
  /// Failures of which the pairs that they touch come out otherwise than when all are asked.
  [[nodiscard]] std::string unequal_failures() const {
    const auto validated = ops::validate(context_);
    const auto& resolved = *validated.resolved;
    const auto input = ops::proof_input(resolved, validated.not_applied, context_.clock.now());
    const verify::Survival survival(
        ops::forwarding_of(validated.resources, validated.providers, ops::outer_addresses(resolved)), input);
    std::string text;
    for (const auto& one : ops::Failures(resolved, input.places).single()) {
      const auto some = survival.after(one.failure), all = survival.after(one.failure, {});
      for (std::size_t i = 0; i < input.wanted.size(); ++i)
        if (some.wanted[i].verdict != all.wanted[i].verdict) text += one.name + ": " + input.wanted[i].id + '\n';
    }
    return text;
  }
  /// Failures that leave another network than one that never had what failed.
  [[nodiscard]] std::string unequal_remains() const {
    const auto validated = ops::validate(context_);
    const auto& resolved = *validated.resolved;
    const auto input = ops::proof_input(resolved, validated.not_applied, context_.clock.now());
    const verify::World whole(
        ops::forwarding_of(validated.resources, validated.providers, ops::outer_addresses(resolved)));
    std::string text;
    for (const auto& one : ops::Failures(resolved, input.places).single())
      if (const auto unlike = unlike_from_nothing(verify::World(whole, one.failure)); !unlike.empty())
        text += one.name + ": " + unlike;
    return text;
  }
  [[nodiscard]] std::string apply(bool destroy = false) const {
    const auto applied = ops::apply(context_, {.destroy = destroy});
    if (applied.ending == ops::Ending::done) return "";
    return "apply ended otherwise\n" + errors_of(applied.notes) + errors_of(applied.planned.notes) +
           errors_of(applied.result.failures);
  }
  [[nodiscard]] std::string plan() const {
    const std::string lock = read("cloison.lock");
    const auto planned = ops::plan(context_, {});
    if (!planned.plan) return "no plan\n" + errors_of(planned.notes);
    std::string text = planned.plan->observed_updates.empty() ? "" : "drift\n";
    for (const auto& step : planned.plan->steps) text += step.key.address + '\n';
    return text + (read("cloison.lock") == lock ? "" : "the lock file changed\n");
  }
  /// Rows and simulated objects as text, with addresses and "LINEAGE" where identifiers and the lineage stand.
  [[nodiscard]] std::string content() const {
    const auto store = state::open_sqlite({.file = ops::state_path(context_), .sandbox = true});
    if (!store) return "no state: " + store.error().summary;
    const auto snapshot = (*store)->load();
    std::map<std::string, std::string> named{{snapshot->lineage, "LINEAGE"}};
    for (const auto& [key, row] : snapshot->rows) named.emplace(row.remote_id, '<' + key.address + '>');
    std::vector<std::string> lines;
    for (const auto& [key, row] : snapshot->rows)
      lines.push_back("row " + key.address + ' ' + row.kind + (row.deposed ? " deposed " : " ") + to_json(row.applied));
    for (const auto& object : objects()) {
      std::string line = "object " + object.kind + ' ' + object.address;
      for (const auto& [attribute, value] : object.attributes) {
        // which public address a floating IP gets is the platform's choice, first come first served
        if (object.kind != "floating_ip" || attribute != "address") line += ' ' + attribute + '=' + value;
      }
      lines.push_back(std::move(line));
    }
    std::string text;
    for (auto& line : lines) line = replaced(line, named);
    std::sort(lines.begin(), lines.end());
    for (const auto& line : lines) text += line + '\n';
    return text;
  }
  [[nodiscard]] std::string left() const {
    const auto store = state::open_sqlite({.file = ops::state_path(context_), .sandbox = true});
    std::string text;
    const auto snapshot = (*store)->load();
    for (const auto& [key, row] : snapshot->rows) text += "row " + key.address + '\n';
    for (const auto& object : objects())
      if (!object.address.empty()) text += "object " + object.address + '\n';
    return text;
  }

 private:
  [[nodiscard]] std::string read(const char* name) const {
    std::ostringstream text;
    text << std::ifstream(folder_ / name).rdbuf();
    return text.str();
  }
  [[nodiscard]] std::vector<sandbox::Listed> objects() const {
    const StoredProvider entry{.name = "ovh", .kind = "openstack", .settings = {{"cloud", "ovh-gra"}}};
    auto provider = providers::make(entry, {});
    auto simulator = sandbox::Tampering::open(*std::move(provider), ops::simulator_path(context_));
    if (!simulator) return {};
    return simulator->list().value_or(std::vector<sandbox::Listed>{});
  }
  /// Identifiers are words of their own; each is looked up whole.
  static std::string replaced(const std::string& text, const std::map<std::string, std::string>& named) {
    std::string result, word;
    const auto flush = [&] {
      const auto found = named.find(word);
      result += found == named.end() ? word : found->second;
      word.clear();
    };
    for (const char c : text) {
      const bool part = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
      if (part) {
        word += c;
        continue;
      }
      flush();
      result += c;
    }
    flush();
    return result;
  }

  fs::path folder_{};
  ProgramProviders factory_{};
  SilentSink silent_{};
  ops::Context context_{};
};

std::string first_difference(const std::string& a, const std::string& b) {
  std::istringstream left(a), right(b);
  std::string one, other;
  while (std::getline(left, one) && std::getline(right, other))
    if (one != other) return one + "\n" + other;
  return a.size() == b.size() ? "" : "one has more";
}

std::size_t& topologies() {
  static std::size_t count = 0;
  return count;
}

template <class Property>
void check_lives(const char* name, Property property) {
  topologies() = 0;
  // Each case is a whole life, slower than the engine's.
  check_law(name, std::max(1, property_cases(100) / 5), property);
  std::cout << name << ": " << topologies() << " topologies\n";
}

DrawnTopology draw() {
  ++topologies();
  return draw_written_topology(random_seed());
}

/// A text that says what is wrong.
#define NOTHING(text) RC_ASSERT((text) == std::string())

TEST(TopologyLaws, FlowsPassAndNothingElseDoes) {
  check_lives("what is written is what passes", [] {
    const Place place(draw());
    RC_ASSERT(place.invalid() == "");
    RC_ASSERT(place.unproved() == "");
    RC_ASSERT(place.unequal_failures() == "");
    RC_ASSERT(place.unequal_remains() == "");
  });
}

TEST(TopologyLaws, ApplyIsFollowedByAnEmptyPlanHoweverItIsWritten) {
  check_lives("valid, applied, nothing left to do", [] {
    const auto drawn = draw();
    const Place place(drawn);
    NOTHING(place.invalid());
    NOTHING(place.apply());
    NOTHING(place.plan());
    place.write(drawn, random_seed() | 1U);
    NOTHING(place.plan());
  });
}

TEST(TopologyLaws, EveryScheduleEndsInTheSameRowsAndObjects) {
  check_lives("schedules", [] {
    const auto drawn = draw();
    const Place first(drawn);
    NOTHING(first.apply());
    Place second(drawn, random_seed());
    second.schedule(random_seed());
    NOTHING(second.apply());
    NOTHING(first_difference(first.content(), second.content()));
  });
}

TEST(TopologyLaws, EditsAreReachedAndADestroyLeavesNothing) {
  check_lives("edits", [] {
    auto drawn = draw();
    Place place(drawn);
    place.schedule(random_seed());
    NOTHING(place.apply());
    for (int i = 0; i < 3; ++i) {
      drawn = edited(drawn, random_seed());
      ++topologies();
      place.write(drawn);
      NOTHING(place.invalid());
      NOTHING(place.apply());
      NOTHING(place.plan());
    }
    NOTHING(place.apply(true));
    NOTHING(place.left());
  });
}

}  // namespace
}  // namespace cloison::test
