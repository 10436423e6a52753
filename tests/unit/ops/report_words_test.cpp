// Reports in French, and of what is simulated.

#include "core/ops/report_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cloison::ops {

namespace {

TEST(ReportWords, KeepsWhatStandsInAReason) {
  const auto phrase = reason_phrase("VLAN 120: the account may not choose segmentation ids");
  EXPECT_EQ(phrase.english, "VLAN 120: the account may not choose segmentation ids");
  EXPECT_EQ(phrase.french, "VLAN 120 : le compte ne peut pas choisir d'identifiants de segmentation");
  EXPECT_EQ(reason_phrase("2 of its 5 machines: 'nodes:' says of no more how they are reached").french,
            "2 sur 5 machines : 'nodes:' ne dit pas comment joindre les autres");
  EXPECT_EQ(
      reason_phrase("kept closed: from a.b it is to leave at another site, but the one router there has its own "
                    "way out, for F-1")
          .french,
      "gardé fermé : de a.b il doit sortir par un autre site, mais l'unique routeur y a sa propre sortie, pour F-1");
}

TEST(ReportWords, LeavesWhatItDoesNotKnow) {
  EXPECT_EQ(reason_phrase("something else").french, "something else");
  EXPECT_EQ(reason_phrase("VLAN").french, "VLAN");
  EXPECT_EQ(reason_phrase("").french, "");
  EXPECT_EQ(reason_phrase("network policies come later, and more").french, "network policies come later, and more");
}

TEST(ReportWords, ASimulatedReportSaysSoFirst) {
  report::Report made{.heading = {.title = {"Rules", "Règles"}, .facts = {{report::Phrase{"State", "État"}, {}}}}};
  auto real = made;
  mark_simulated(real, {});
  EXPECT_EQ(real.heading.facts.size(), 1U);
  EXPECT_EQ(real.heading.title.english, "Rules");
  auto part = made;
  mark_simulated(part, {.on = true, .providers = {"ovh"}});
  EXPECT_THAT(std::get<report::Phrase>(part.heading.facts.front().second.value).english, testing::HasSubstr("ovh"));
  mark_simulated(made, {.on = true});
  ASSERT_EQ(made.heading.facts.size(), 2U);
  EXPECT_EQ(made.heading.facts.front().first.english, "Sandbox");
  EXPECT_EQ(made.heading.title.english, "Rules (SANDBOX)");
  EXPECT_EQ(made.heading.title.french, "Règles (BAC À SABLE)");
}

}  // namespace

}  // namespace cloison::ops
