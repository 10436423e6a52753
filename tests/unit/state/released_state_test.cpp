// A state of every released version opens, whole.
//
// CLOISON_WRITE_STATE_FIXTURE=PATH cloison_unit --gtest_filter='ReleasedState.*' makes one with the present code.

#include <cstdlib>

#include <gtest/gtest.h>

#include "tests/support/state_fixture.h"
#include "tests/support/store_conformance.h"
#include "tests/unit/state/state_folder.h"

namespace cloison::test {

namespace {

TEST(ReleasedState, OfVersion010Opens) {
  const StateFolder folder;
  std::filesystem::create_directory(folder.file().parent_path());
  std::filesystem::copy_file(std::filesystem::path(CLOISON_SOURCE_DIR) / "tests/fixtures/state/v0.1.0.db",
                             folder.file());
  auto options = folder.options();
  options.expected_lineage = "f1f1f1f1f1f1f1f1";
  const auto store = folder.opened(options);
  ASSERT_NE(store, nullptr);
  const auto snapshot = store->load();
  ASSERT_TRUE(snapshot.has_value()) << snapshot.error().detail;

  const state::Batch batch = fixture_batch();
  Snapshot expected{.lineage = options.expected_lineage, .serial = 1, .provider_configs = batch.provider_configs};
  for (ResourceState row : batch.put) {
    row.revision = 1;
    expected.rows.emplace(row.key, row);
  }
  EXPECT_EQ(described(*snapshot), described(expected));
  EXPECT_EQ(store->open_intents()->size(), 1U);
  EXPECT_EQ(store->open_operations()->size(), 1U);
  EXPECT_EQ(store->verify_log()->entries, 6U);
  EXPECT_TRUE(store->at(0)->rows.empty());
  commit(*store, batch);
  EXPECT_EQ(store->load()->serial, 2U);
}

TEST(ReleasedState, CanBeMade) {
  const StateFolder folder;
  const char* wanted = std::getenv("CLOISON_WRITE_STATE_FIXTURE");
  const std::filesystem::path file = wanted ? std::filesystem::path(wanted) : folder.file();
  write_state_fixture(file);
  EXPECT_GT(std::filesystem::file_size(file), 0U);
}

}  // namespace

}  // namespace cloison::test
