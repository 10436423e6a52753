// What an export promises, on random topologies as people write them: whatever runs wherever, the policies permit
// exactly the flows; and the same topology in another order gives the same bytes.
#include <filesystem>
#include <fstream>
#include <iostream>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <unistd.h>

#include "core/ops/export.h"
#include "core/ops/export_check.h"
#include "tests/support/generators_plan.h"
#include "tests/support/laws.h"
#include "tests/support/topology_generator.h"

namespace cloison::test {
namespace {

namespace fs = std::filesystem;

/// A topology's folder, gone with the case; its services are laid over it.
class Exported {
 public:
  Exported(const DrawnTopology& drawn, uint64_t order) {
    std::string name = (fs::temp_directory_path() / "cloison-export-XXXXXX").string();
    if (!::mkdtemp(name.data())) throw std::runtime_error("no temporary folder");
    folder_ = name;
    context_.topology.path = folder_;
    context_.clock = Clock(*parse_rfc3339("2026-11-22T12:00:00Z"));
    for (const auto& [file, text] : files_of(drawn, order)) std::ofstream(folder_ / file) << text;
  }
  ~Exported() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  Exported(const Exported&) = delete;
  Exported& operator=(const Exported&) = delete;

  /// On each host none, one or two services with an image, and perhaps one without.
  [[nodiscard]] std::string drawn_services() const {
    const auto ground = ops::export_ground(context_, {});
    if (!ground.resolved) return {};
    std::string text = "services:\n";
    int number = 0;
    for (const auto& host : ground.resolved->hosts) {
      for (int i = *rc::gen::inRange(0, 3); i > 0; --i)
        text += fmt::format(
            "  drawn-{}: {{artifact: {{image: \"r.example/x@sha256:{:064}\"}}, runs_on: {}, listen: tcp/{}}}\n",
            ++number, number, host.path, *rc::gen::inRange(1, 65536));
      if (*rc::gen::inRange(0, 4) == 0) text += fmt::format("  drawn-{}: {{runs_on: {}}}\n", ++number, host.path);
    }
    return number == 0 ? std::string() : text;
  }
  void lay_over(const std::string& services) {
    std::ofstream(folder_ / "services.override.yaml") << services;
    context_.topology.overlays = {folder_ / "services.override.yaml"};
  }

  [[nodiscard]] std::string text() const {
    std::string all;
    for (const auto& one : ops::export_services(context_, {}).files)
      all += one.document.file + '\n' + one.document.text;
    return all;
  }
  /// Where what was exported and the flows differ, "" where nowhere.
  [[nodiscard]] std::string differences() const {
    const auto written = ops::export_services(context_, {.out = folder_ / "manifests"});
    if (written.ending != ops::Ending::done) return written.notes.front().summary;
    const auto check = ops::check_manifests(context_, folder_ / "manifests");
    std::string text = check.done ? "" : "not compared";
    for (const auto& one : check.differences)
      text += fmt::format("{} {} {} {}\n", ops::difference_word(one.what), one.witness, one.rule, one.pair);
    for (const auto& one : check.not_understood) text += one + '\n';
    return text;
  }

 private:
  fs::path folder_{};
  ops::Context context_{};
};

TEST(ExportLaws, PoliciesPermitExactlyTheFlows) {
  std::size_t exported = 0;
  check_law("policies permit exactly the flows", std::max(1, property_cases(100) / 2), [&] {
    const auto drawn = draw_written_topology(random_seed());
    Exported place(drawn, 0);
    const auto services = place.drawn_services();
    if (services.empty()) return;
    place.lay_over(services);
    const auto text = place.text();
    if (text.empty()) return;  // none has an image
    ++exported;
    RC_ASSERT(place.differences() == "");
    Exported turned(drawn, random_seed() | 1U);
    turned.lay_over(services);
    RC_ASSERT(turned.text() == text);
  });
  EXPECT_GT(exported, 0U);
  std::cout << "export laws: " << exported << " topologies\n";
}

}  // namespace
}  // namespace cloison::test
