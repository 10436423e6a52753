#include "core/topology/units.h"

#include <gtest/gtest.h>

#include "core/topology/csv_reader.h"
#include "core/topology/shape.h"
#include "core/topology/yaml_reader.h"

namespace cloison::topology {
namespace {

using std::chrono::seconds;

TEST(Units, Durations) {
  EXPECT_EQ(parse_duration("30s"), seconds(30));
  EXPECT_EQ(parse_duration("5m"), seconds(300));
  EXPECT_EQ(parse_duration("5min"), seconds(300));
  EXPECT_EQ(parse_duration("1h"), seconds(3600));
  EXPECT_EQ(parse_duration("1mo"), seconds(30 * 86'400));
  EXPECT_EQ(parse_duration("20y"), seconds(int64_t{20} * 365 * 86'400));
  for (const char* bad :
       {"", "30", "s", "-1s", "1.5h", "30 s", "1w", "99999999999999999999s", "9223372036854775807y"}) {
    EXPECT_FALSE(parse_duration(bad)) << bad;
  }
}

TEST(Units, Sizes) {
  EXPECT_EQ(parse_size("4G"), int64_t{4} << 30U);
  EXPECT_EQ(parse_size("512M"), int64_t{512} << 20U);
  for (const char* bad : {"4", "4GB", "4g", "-4G", "G", "9999999999999T"}) {
    EXPECT_FALSE(parse_size(bad)) << bad;
  }
}

// As `systemd-analyze calendar` of systemd 252 answers.
TEST(Units, CalendarEvents) {
  for (const char* good : {"02:00",
                           "*-*-*",
                           "*-*-* 02:00",
                           "*-*-* 02:00 utc",
                           "*-*-* 2:0:0.123456",
                           "*-*~01",
                           "*-*~28",
                           "*-02~03..07/1",
                           "*-1,2~3",
                           "*:*:*",
                           "*:*:0/1.5",
                           "*:0/15",
                           "02:00 UTC",
                           "02:00..03:00",
                           "02:00/5",
                           "1-2-3",
                           "1..5:00",
                           "12-3",
                           "12..14:10,20",
                           "2026-*-1,2",
                           "26-1-1",
                           "2:00:*",
                           "2:0:0.1234567",
                           "5:00 CET",
                           "70-1-1",
                           "@1",
                           "Annually",
                           "MONDAY",
                           "Mon  02:00",
                           "Mon *-*-*  02:00",
                           "Mon UTC",
                           "Mon, 2:00",
                           "Mon,",
                           "Mon-Fri",
                           "Mon..Fri 02:00",
                           "Sat,Thu,Mon..Wed,Sat..Sun",
                           "bi-annually",
                           "hourly",
                           "daily UTC",
                           "semi-annually",
                           "quarterly",
                           "daily Europe/Paris",
                           "Mon",
                           "Mon ",
                           "2026-12-03 ",
                           "22..23/5:00",
                           "@1 UTC",
                           "2026/2-1-1"}) {
    EXPECT_TRUE(is_calendar(good)) << good;
  }
  for (const char* bad : {"",
                          " daily",
                          "daily ",
                          "*-*-*~1",
                          "*-*-0",
                          "*-*-1/0",
                          "*-*-1/31",
                          "*-*-31..30",
                          "*-*-5~1",
                          "*-*~31",
                          "*-13-1",
                          "*:*/15",
                          "*:0/",
                          "*",
                          "-1:00",
                          "..:00",
                          "0/25:00",
                          "02-~1",
                          "1,2,:00",
                          "1,2,,3:00",
                          "12-3 5",
                          "1969-1-1",
                          "2200-1-1",
                          "23:50..10",
                          "2026-12-03 T05",
                          "23:60",
                          "23:59:60",
                          "24:00",
                          "2:00:*/2",
                          "2:0:0.",
                          "5..1:00",
                          "5",
                          "99:99",
                          "Fri..Mon",
                          "Mon hourly",
                          "every tuesday",
                          "mo",
                          "hourly 02:00",
                          "Sat 12:00 Foo/Bar",
                          "UTC",
                          "\x01",
                          "2026-12-03 02:00..",
                          "mon,2:00",
                          "Mon..,Fri",
                          "Mon..Wed..Fri",
                          "02:00  UTC",
                          "00:00:60"}) {
    EXPECT_FALSE(is_calendar(bad)) << bad;
  }
  EXPECT_FALSE(is_calendar(std::string(100'000, ',')));
  EXPECT_FALSE(is_calendar("Mon" + std::string(4'000, ',')));
}

TEST(Units, WireguardKeys) {
  EXPECT_TRUE(is_wireguard_key("xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg="));
  for (const char* bad :
       {"", "notakey", "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg", "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dh=",
        "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8D_=", "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=="}) {
    EXPECT_FALSE(is_wireguard_key(bad)) << bad;
  }
}

Instant at(const TimeZone& zone, const char* text) {
  return zone.instant(parse_wall_time(text)->at);
}

TEST(TimeZones, ParisInSummerWinterAndBetween) {
  const auto paris = TimeZone::find("Europe/Paris");
  ASSERT_TRUE(paris);
  EXPECT_EQ(rfc3339(at(*paris, "2026-01-15T12:00")), "2026-01-15T11:00:00Z");
  EXPECT_EQ(rfc3339(at(*paris, "2026-07-15T12:00")), "2026-07-15T10:00:00Z");
  EXPECT_EQ(rfc3339(at(*paris, "2026-03-29T02:30")), "2026-03-29T01:30:00Z") << "skipped: read before the gap";
  EXPECT_EQ(rfc3339(at(*paris, "2026-10-25T02:30")), "2026-10-25T00:30:00Z") << "twice: the first";
  EXPECT_EQ(rfc3339(at(*paris, "2090-07-15T12:00")), "2090-07-15T10:00:00Z") << "beyond the table: by its rule";
  EXPECT_EQ(rfc3339(at(*paris, "2090-01-15T12:00")), "2090-01-15T11:00:00Z");
}

TEST(TimeZones, SouthernHemisphereAndNames) {
  const auto sydney = TimeZone::find("Australia/Sydney");
  ASSERT_TRUE(sydney);
  EXPECT_EQ(rfc3339(at(*sydney, "2090-01-15T12:00")), "2090-01-15T01:00:00Z");
  for (const char* bad : {"Paris", "../../etc/passwd", "/etc/localtime", "", "Europe", "tzdata.zi"}) {
    EXPECT_FALSE(TimeZone::find(bad)) << bad;
  }
}

TEST(TimeZones, DamagedFilesAreRefused) {
  for (const char* bad : {"", "TZif", "TZif2xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}) {
    EXPECT_FALSE(TimeZone::parse(bad));
  }
}

TEST(Plain, ReadsAsYaml12OrSaysThatReadersDiffer) {
  using T = PlainType;
  const std::pair<const char*, T> cases[] = {{"10", T::integer},
                                             {"-3", T::integer},
                                             {"1.3", T::number},
                                             {"1.0.0", T::text},
                                             {"true", T::boolean},
                                             {"null", T::null},
                                             {"~", T::null},
                                             {"yes", T::ambiguous_word},
                                             {"Off", T::ambiguous_word},
                                             {"TRUE", T::ambiguous_word},
                                             {"010", T::ambiguous_number},
                                             {"0x1f", T::ambiguous_number},
                                             {"1_000", T::ambiguous_number},
                                             {"22:00", T::ambiguous_number},
                                             {"192.0.2.1", T::text},
                                             {"10.0.0.0/8", T::text},
                                             {"2026-12-03", T::text},
                                             {"fd12::/44", T::text},
                                             {"4G", T::text},
                                             {"0", T::integer},
                                             {"-", T::text},
                                             {"1e3", T::number},
                                             {".inf", T::ambiguous_number}};
  for (const auto& [text, type] : cases) {
    EXPECT_EQ(plain_type(text), type) << text;
  }
}

TEST(CsvReader, QuotesSeparatorsAndPlaces) {
  SourceMap sources;
  Notes notes(sources);
  const FileId file = sources.add_file("a.csv", "name, note ,x\n\"a\", \"two\nlines, \"\"quoted\"\"\" ,3\n\nb,,\n");
  const auto csv = Csv::read(file, notes);
  ASSERT_TRUE(csv);
  ASSERT_EQ(csv->rows(), 2U);
  EXPECT_EQ(csv->cell(0, 0, sources), "a");
  EXPECT_EQ(csv->cell(0, 1, sources), "two\nlines, \"quoted\"");
  EXPECT_EQ(sources.location(csv->span(0, 2, sources)), "a.csv:3:21");
  EXPECT_EQ(csv->cell(1, 1, sources), "");
  EXPECT_EQ(sources.location(csv->span(1, 0, sources)), "a.csv:5:1");
}

}  // namespace
}  // namespace cloison::topology
