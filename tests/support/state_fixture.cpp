#include "tests/support/state_fixture.h"

#include "core/state/sqlite_store.h"
#include "tests/support/store_conformance.h"

namespace cloison::test {

namespace {
constexpr Instant k_when{std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} + std::chrono::hours(12)};
}

state::Batch fixture_batch() {
  const Value cidr = Value::prefix(*IpPrefix::parse("10.4.0.0/24"));
  const std::vector<Value> versions{
      Value::slots({Value::text("one"), Value::text("10.4.0.0/24")}),
      Value::slots({Value::text("two"), cidr}),
      Value::slots({Value::text("three"), cidr, Value::texts({"a", "b"})}),
  };
  state::Batch batch;
  batch.entries = {sample_operation("fixture", k_when), sample_intent("fixture", 4, "upgraded.four")};
  batch.provider_configs["c1"] = {
      .name = "ovh", .kind = "openstack", .settings = {{"region", "GRA"}, {"cloud", "ovh"}}};
  for (std::size_t i = 0; i < versions.size(); ++i) {
    ResourceState row = sample_row("upgraded." + versions[i].as_slots()->at(0).text_or_empty());
    row.kind = "upgraded";
    row.schema_version = static_cast<uint32_t>(i + 1);
    row.applied = versions[i];
    row.observed = versions[i];
    row.provider_config = "c1";
    batch.put.push_back(std::move(row));
  }
  return batch;
}

void write_state_fixture(const std::filesystem::path& file) {
  auto store = state::open_sqlite({.file = file, .expected_lineage = "f1f1f1f1f1f1f1f1", .create = true});
  ASSERT_TRUE(store.has_value()) << store.error().detail;
  commit(**store, fixture_batch());
}

}  // namespace cloison::test
