// Packages that come along: which files of a folder, and what is wrong with others.

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/digest.h"
#include "providers/node/connect.h"

namespace cloison::node {

namespace {

using ::testing::HasSubstr;

class Folder {
 public:
  Folder() : path_(std::filesystem::temp_directory_path() / ("cloison-packages-" + random_hex(8))) {
    std::filesystem::create_directories(path_ / "debs");
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

TEST(NodePackages, AreTheFilesOfAFolderInOrder) {
  const Folder folder;
  for (const auto* name : {"b_1.deb", "a_2%3a1.deb", "README"}) std::ofstream(folder.path() / "debs" / name) << name;
  const auto files = package_files("file:debs", {.folder = folder.path()});
  ASSERT_TRUE(files);
  EXPECT_EQ(*files, (std::map<std::string, std::string>{{"1.deb", "a_2%3a1.deb"}, {"2.deb", "b_1.deb"}}));
}

TEST(NodePackages, AreRefusedWhereThereAreNone) {
  const Folder folder;
  for (const auto& [from, why] : {std::pair("file:nowhere", "No such file"), {"file:.", "no .deb file is there"}}) {
    const auto files = package_files(from, {.folder = folder.path()});
    ASSERT_FALSE(files) << from;
    EXPECT_EQ(files.error().code, "CL5416");
    EXPECT_THAT(files.error().detail, HasSubstr(why));
  }
}

TEST(NodePackages, ComeFromWhereTheEntrySays) {
  StoredProvider entry{.name = "node", .settings = {{"address", "192.0.2.1"}, {"packages", "mirorr"}}};
  const auto refused = target_of(entry, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "CL5416");
  for (const auto* right : {"mirror", "none", "file:debs"}) {
    entry.settings["packages"] = right;
    EXPECT_TRUE(target_of(entry, {})) << right;
  }
}

}  // namespace

}  // namespace cloison::node
