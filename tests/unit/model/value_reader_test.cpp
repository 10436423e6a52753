// The fast reader may only be fast: whatever it reads or refuses, the careful one reads or refuses alike.

#include "core/model/value_reader.h"

#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/model/value_json.h"

namespace cloison {
namespace {

Value sample() {
  return Value::slots({Value::text("shop/shop-00001.app.web-1"), Value::null(), Value::boolean(true),
                       Value::boolean(false), Value::integer(0), Value::integer(-7), Value::integer(INT64_MAX),
                       Value::integer(INT64_MIN), Value::prefix(*IpPrefix::parse("10.0.0.0/8")),
                       Value::prefix(*IpPrefix::parse("2001:db8::/32")), Value::ref("cloud.a.network"),
                       Value::ref("cloud.a.subnet", "cidr"), Value::secret("5f2d"), Value::list({}), Value::slots({}),
                       Value::list({Value::list({}), Value::slots({Value::text("")})}),
                       Value::texts({"a", "b", "a", "Hôtel-Dieu", "a \"quoted\" \\ text", "two\nlines", "\x7f"})});
}

/// Both answers to one text, compared.
void expect_alike(ValueReader& reader, const std::string& text) {
  const auto fast = reader.read(text);
  const auto careful = value_from_json(text);
  ASSERT_EQ(fast.has_value(), careful.has_value()) << text;
  if (fast) {
    EXPECT_TRUE(*fast == *careful) << text;
    EXPECT_EQ(to_json(*fast), to_json(*careful)) << text;
  }
}

TEST(ValueReader, ReadsWhatIsWritten) {
  ValueReader reader;
  const Value value = sample();
  const auto again = reader.read(to_json(value));
  ASSERT_TRUE(again.has_value());
  EXPECT_TRUE(*again == value);
  for (const Value& item : *value.as_slots()) expect_alike(reader, to_json(item));
}

TEST(ValueReader, AnswersAsTheCarefulReader) {
  ValueReader reader;
  for (const char* text : {"",
                           " ",
                           "nul",
                           "nulll",
                           "null ",
                           " null",
                           "tru",
                           "truefalse",
                           "0",
                           "-0",
                           "00",
                           "01",
                           "-",
                           "-a",
                           "1.0",
                           "1e3",
                           "7 ",
                           "9223372036854775807",
                           "9223372036854775808",
                           "-9223372036854775808",
                           "-9223372036854775809",
                           "18446744073709551616",
                           "\"",
                           "\"a",
                           "\"a\"b",
                           "\"a\\u0041\"",
                           "\"\\n\"",
                           "[",
                           "]",
                           "[]",
                           "[ ]",
                           "[,]",
                           "[1,]",
                           "[,1]",
                           "[1 ,2]",
                           "[1,2",
                           "[1]]",
                           "{}",
                           "{\"s\":}",
                           "{\"s\":[]}",
                           "{\"s\":[}",
                           "{\"s\":[1]",
                           "{\"s\":1}",
                           "{\"s\":[1],\"s\":[1]}",
                           "{\"s\":{\"s\":[]}}",
                           "{\"p\":1}",
                           "{\"p\":\"10.0.0.1/8\"}",
                           "{\"p\":\"10.0.0.0/8\"}",
                           "{\"p\":\"10.0.0.0\"}",
                           "{\"p\":\"::/0\"}",
                           "{\"p\":\"\"}",
                           "{\"r\":[\"a\"]}",
                           "{\"r\":[\"a\",\"b\"]}",
                           "{\"r\":[\"a\",\"b\",\"c\"]}",
                           "{\"r\":[\"a\",1]}",
                           "{\"r\":[]}",
                           "{\"x\":\"a\"}",
                           "{\"x\":1}",
                           "{\"x\":[\"a\"]}",
                           "{\"y\":[]}",
                           "{\"\":[]}",
                           "{\"ss\":[]}",
                           "{ \"s\":[]}"})
    expect_alike(reader, text);
}

TEST(ValueReader, RefusesTheSameDepth) {
  ValueReader reader;
  for (std::size_t depth = 1; depth < 40; ++depth) {
    expect_alike(reader, std::string(depth, '[') + std::string(depth, ']'));
    expect_alike(reader, std::string(depth, '[') + "7" + std::string(depth, ']'));
    std::string records = "7";
    for (std::size_t i = 0; i < depth; ++i) records = "{\"s\":[" + records + "]}";
    expect_alike(reader, records);
    expect_alike(reader, std::string(depth, '[') + R"({"p":"10.0.0.0/8"})" + std::string(depth, ']'));
    expect_alike(reader, std::string(depth, '[') + R"({"r":["a","b"]})" + std::string(depth, ']'));
  }
}

TEST(ValueReader, AnswersAlikeToMutations) {
  ValueReader reader;
  const std::string whole = to_json(sample());
  std::mt19937_64 random(7);
  constexpr std::string_view k_bytes = "\"\\[]{},:0129-nulltrue srpx\x01\x7f\xc3";
  for (int i = 0; i < 20'000; ++i) {
    std::string text = whole;
    for (uint64_t n = 1 + random() % 3; n > 0; --n) {
      const std::size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = k_bytes[random() % k_bytes.size()];
          break;
        case 1:
          text.erase(at, 1 + random() % 4);
          break;
        default:
          text.insert(at, 1, k_bytes[random() % k_bytes.size()]);
      }
      if (text.empty()) text = "0";
    }
    expect_alike(reader, text);
    if (HasFatalFailure()) return;
  }
}

TEST(ValueReader, SharesWhatRepeats) {
  ValueReader reader;
  const auto value = reader.read(R"(["same","same",{"p":"10.0.0.0/8"},{"p":"10.0.0.0/8"}])");
  ASSERT_TRUE(value.has_value());
  const auto& items = *value->as_list();
  EXPECT_EQ(items[0].as_text(), items[1].as_text());
  EXPECT_EQ(items[2].as_prefix(), items[3].as_prefix());
}

TEST(ValueReader, GoesOnAfterWhatItRefused) {
  ValueReader reader;
  EXPECT_FALSE(reader.read(R"([["a","b")").has_value());
  const auto value = reader.read(R"(["c"])");
  ASSERT_TRUE(value.has_value());
  EXPECT_TRUE(*value == Value::texts({"c"}));
}

}  // namespace
}  // namespace cloison
