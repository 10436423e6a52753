#include "core/topology/image_name.h"

#include <gtest/gtest.h>

namespace cloison::topology {
namespace {

TEST(ImageName, IsTakenAsRegistriesTakeIt) {
  const std::string digest = "@sha256:" + std::string(64, 'a');
  for (const std::string& name : {std::string("portal"), std::string("portal:1.0_B-2"), "library/portal" + digest,
                                  "r.example:5000/a/b-c__d.e:x" + digest, std::string("localhost/portal"),
                                  std::string("Registry.example/portal"), "portal@sha512:" + std::string(128, '0')})
    EXPECT_TRUE(is_image_name(name)) << name;
  for (const std::string& name : {std::string(),
                                  std::string("Portal"),
                                  std::string("a//b"),
                                  std::string("-a"),
                                  std::string("a-"),
                                  std::string("a..b"),
                                  std::string("a:"),
                                  std::string("a:.b"),
                                  std::string("a:b:c"),
                                  std::string("a@sha256:12"),
                                  "a" + digest + "@x",
                                  "a@md5:" + std::string(32, 'a'),
                                  std::string("r.example:0/a"),
                                  std::string("r.example:+80/a"),
                                  std::string("r.example:99999/a"),
                                  std::string("a b"),
                                  std::string("a\nb"),
                                  std::string("env:IMAGE"),
                                  std::string("file:latest"),
                                  "a:" + std::string(129, 'x'),
                                  std::string(256, 'a')})
    EXPECT_FALSE(is_image_name(name)) << name;
}

}  // namespace
}  // namespace cloison::topology
