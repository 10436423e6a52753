// What has no form of its own is written out, and nothing else is touched.

#include "core/report/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "core/base/strings.h"
#include "core/report/writers.h"
#include "tests/support/laws.h"

namespace cloison::report {
namespace {

TEST(ShownText, LeavesWhatPeopleReadAlone) {
  for (const char* text : {"", "plain", "Données : l'été", "漢字 😀", "a\nb", "\\u{202E}", "né\u00A0?", "☁\uFE0F"})
    EXPECT_EQ(shown(text), text);
}

TEST(ShownText, WritesOutWhatCannotBeSeenOrTurnsTextAround) {
  EXPECT_EQ(shown("a\u202Eb\u2066c\u2069d\u200Ee\u061Cf"), "a\\u{202E}b\\u{2066}c\\u{2069}d\\u{200E}e\\u{61C}f");
  EXPECT_EQ(shown("\u200B\u200D\u2060\uFEFF\u00AD"), "\\u{200B}\\u{200D}\\u{2060}\\u{FEFF}\\u{AD}");
  EXPECT_EQ(shown(std::string_view("\0\x1B\x7F\t\r", 5)), "\\u{0}\\u{1B}\\u{7F}\\u{9}\\u{D}");
  EXPECT_EQ(shown("\u0085\u2028\uFFFE\U000E0041"), "\\u{85}\\u{2028}\\u{FFFE}\\u{E0041}");
}

TEST(ShownText, ShowsBytesThatAreNoUtf8) {
  EXPECT_EQ(shown("caf\xE9"), "caf\\x{E9}");
  EXPECT_EQ(shown("\xED\xA0\x80|\xC0\xAF|\xF4\x90\x80\x80"),
            "\\x{ED}\\x{A0}\\x{80}|\\x{C0}\\x{AF}|\\x{F4}\\x{90}\\x{80}\\x{80}");
}

TEST(ShownText, HasOneKindOfLineEnd) {
  EXPECT_EQ(shown("a\r\nb\rc"), "a\nb\\u{D}c");
  EXPECT_EQ(shown_in_line("a\r\nb"), "a\\u{A}b");
}

TEST(ShownText, IsUtf8OfWhichNothingIsUnseenWhateverTheBytes) {
  test::check_law("shown text is clean", 300, [] {
    const auto text = shown(*rc::gen::arbitrary<std::string>());
    RC_ASSERT(is_valid_utf8(text));
    for (std::size_t at = 0; at < text.size();) {
      const auto [point, size] = code_point(text, at);
      RC_ASSERT(point == '\n' || !is_unseen(point));
      at += size;
    }
    RC_ASSERT(shown(text) == text);
  });
}

TEST(FirstUnits, CountsAsSpreadsheetsDoAndCutsNoCharacter) {
  EXPECT_EQ(first_units("abc", 2), "ab");
  EXPECT_EQ(first_units("é漢x", 2), "é漢");
  EXPECT_EQ(first_units("😀x", 2), "😀");
  EXPECT_EQ(first_units("😀x", 1), "");
}

TEST(Formats, AreFoundByTheirNames) {
  for (const char* name : {"csv", "xlsx", "html", "pdf", "json", "markdown"})
    EXPECT_EQ(name_of(format_named(name).value()), name);
  EXPECT_EQ(extension_of(Format::markdown), "md");
  EXPECT_EQ(extension_of(Format::pdf), "pdf");
  EXPECT_FALSE(format_named("CSV") || format_named("") || format_named("md"));
}

}  // namespace
}  // namespace cloison::report
