// Whatever stands in a text stays inside its scalar: yaml-cpp, another reader, gets it back whole.

#include "core/containers/yaml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <yaml-cpp/yaml.h>

#include "core/base/strings.h"
#include "tests/support/laws.h"

namespace cloison::containers {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(YamlText, IsPlainOnlyWhereEveryReaderTakesItForAText) {
  for (const char* plain : {"portal", "cloud.production.app", "lab/lyon-03", "F-001", "Egress"})
    EXPECT_EQ(yaml_scalar(plain), plain);
  for (const char* word :
       {"",   "y",   "No", "ON", "null", "True", "1.0", "0755", "12:30", "-", "- a", "a: b",       "# c", " a",
        "a ", "[x]", "*a", "&a", "!t",   "%d",   "@x",  "`x",   "|",     ">", "'q'", "2026-12-03", "~",   ".inf"})
    EXPECT_EQ(yaml_scalar(word).front(), '"') << word;
}

TEST(YamlText, ShowsWhatCouldEndALine) {
  EXPECT_EQ(yaml_scalar("a\nb\r\t\x7F"), R"("a\x0Ab\x0D\x09\x7F")");
  EXPECT_EQ(yaml_scalar("a\xC2\x85"
                        "b\xE2\x80\xA8"
                        "c\xEF\xBB\xBF"),
            R"("a\x85b\u2028c\uFEFF")");
  EXPECT_EQ(yaml_scalar("\"\\"), R"("\"\\")");
  EXPECT_EQ(yaml_scalar("Données"), "\"Données\"");
  EXPECT_EQ(yaml_scalar("\xFF"), R"("\xFF")") << "no UTF-8";
}

TEST(YamlText, LeavesNothingForHelmAndComposeToFillIn) {
  EXPECT_THAT(yaml_scalar("{{{ .Values.x }}"), Not(HasSubstr("{{")));
  Yaml map;
  map.add("a", "$HOME ${x} $$").add("b", Yaml::interpolated("${DB:?}"));
  EXPECT_EQ(yaml_text(map, Reader::compose), "a: \"$$HOME $${x} $$$$\"\nb: \"${DB:?}\"\n");
  EXPECT_EQ(yaml_text(map, Reader::kubernetes), "a: \"$HOME ${x} $$\"\nb: \"${DB:?}\"\n");
}

TEST(YamlText, NestsMapsAndLists) {
  Yaml inner, list = Yaml::list(), root;
  inner.add("x", 1).add("y", true).add("z", Yaml());
  list.add(inner).add(Yaml::list({"a", Yaml::list({"b"})})).add(Yaml::list());
  root.add("items", list).add("none", Yaml::list());
  EXPECT_EQ(yaml_text(root, Reader::kubernetes),
            "items:\n  - x: 1\n    \"y\": true\n    z: {}\n  - - a\n    - - b\n  - []\nnone: []\n");
}

TEST(YamlText, AComment) {
  EXPECT_EQ(yaml_comment({"one", "", "two\nkind: Secret", "{{ x"}), "# one\n#\n# two\\u000akind: Secret\n# {\\x7B x\n");
}

/// Letters that mean something to somebody, and any others.
std::string drawn_text() {
  const auto parts = *rc::gen::container<std::vector<std::string>>(rc::gen::oneOf(
      rc::gen::element<std::string>("a", " ", "\n", "\r\n", "\t", ":", " #", "- ", "---", "\"", "'", "\\", "{{", "}}",
                                    "$", "${x}", "[", "]", "{", "}", ",", "&", "*", "!", "|", ">", "%", "@", "`", "~",
                                    "null", "0x1F", "1e3", "\xC2\x85", "\xE2\x80\xA8", "\xEF\xBB\xBF", "é", "😀",
                                    "\x1B", "\x01"),
      rc::gen::map(rc::gen::inRange(32, 127), [](int c) { return std::string(1, static_cast<char>(c)); })));
  return join(parts, "");
}

Yaml drawn(int depth, std::vector<std::string>& texts) {
  const int kind = *rc::gen::inRange(0, depth > 0 ? 4 : 2);
  if (kind < 2) {
    texts.push_back(drawn_text());
    return texts.back();
  }
  Yaml made = kind == 2 ? Yaml() : Yaml::list();
  for (int i = 0, count = *rc::gen::inRange(0, 4); i < count; ++i) {
    if (kind == 3) {
      made.add(drawn(depth - 1, texts));
      continue;
    }
    auto key = drawn_text() + std::to_string(i);  // keys are different
    texts.push_back(key);
    made.add(std::move(key), drawn(depth - 1, texts));
  }
  return made;
}

/// All texts in the order in which they stand.
void collect(const YAML::Node& node, std::vector<std::string>& texts) {
  if (node.IsScalar()) texts.push_back(node.Scalar());
  if (node.IsSequence())
    for (const auto& item : node) collect(item, texts);
  if (node.IsMap())
    for (const auto& entry : node) {
      texts.push_back(entry.first.Scalar());
      collect(entry.second, texts);
    }
}

TEST(YamlText, ComesBackWhole) {
  test::check_law("what is written is read", 1000, [] {
    std::vector<std::string> texts, again;
    const auto root = drawn(4, texts);
    const auto text = yaml_text(root, Reader::kubernetes);
    const auto documents = YAML::LoadAll(text);
    RC_ASSERT(documents.size() == 1U);
    collect(documents.front(), again);
    RC_ASSERT(again == texts);
    RC_ASSERT(text.find("{{") == std::string::npos);
  });
}

}  // namespace
}  // namespace cloison::containers
