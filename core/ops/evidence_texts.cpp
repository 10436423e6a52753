#include "core/ops/evidence_texts.h"

#include <fmt/format.h>

#include "core/base/strings.h"

namespace cloison::ops {

namespace {

using report::Language;

std::string in(Language language, std::string_view english, std::string_view french) {
  return std::string(language == Language::french ? french : english);
}

std::string basis(const AboutPack& about, Language language) {
  if (about.past)
    return in(language,
              "The topology is the one that was applied last by then, out of the state's log. There is no\n"
              "plan: what was written by then and not applied is nobody's past.\n",
              "La topologie est la dernière appliquée à cette date, reprise du journal de l'état. Il n'y a\n"
              "pas de plan : ce qui était écrit sans être appliqué n'a pas laissé de trace.\n");
  if (about.live)
    return in(language,
              "The topology is the one that was written. The plan says what would change of what is\n"
              "there, read when the pack was made; live/ has what the platforms themselves answered.\n"
              "They were read one after the other, so that they may differ by what changed meanwhile.\n",
              "La topologie est celle qui était écrite. Le plan dit ce qui changerait par rapport à ce qui\n"
              "est en place, lu au moment de faire le dossier ; live/ contient les réponses brutes des\n"
              "plateformes. Les lectures se suivent : elles peuvent différer de ce qui a changé entre-temps.\n");
  return in(language,
            "The topology is the one that was written. The plan says what would change of what the\n"
            "state knows as applied. No platform was asked: live/ says how to collect what is there.\n",
            "La topologie est celle qui était écrite. Le plan dit ce qui changerait par rapport à ce que\n"
            "l'état sait appliqué. Aucune plateforme n'a été interrogée : live/ dit comment relever ce\n"
            "qui est en place.\n");
}

std::string silent(const AboutPack& about, Language language) {
  if (about.not_read.empty()) return {};
  return fmt::format("{} {}.\n", in(language, "These did not answer:", "N'ont pas répondu :"),
                     printable(join(about.not_read, ", ")));
}

std::string log_words(const AboutPack& about, Language language) {
  std::string text;
  if (about.first > about.last)
    text = in(language, "There is no entry since the pack before.\n", "Aucune entrée depuis le dossier précédent.\n");
  else
    text = fmt::format(fmt::runtime(in(language, "Entries {} to {} of the state's log, up to its commit {}.\n",
                                       "Entrées {} à {} du journal de l'état, jusqu'à son écriture {}.\n")),
                       about.first, about.last, about.serial);
  if (!about.continues)
    text += in(language,
               "This log does not continue the one of the pack before: the state was made anew in between.\n"
               "So all of it is here, and no difference.\n",
               "Ce journal ne continue pas celui du dossier précédent : l'état a été refait entre-temps.\n"
               "Il est donc ici en entier, et sans différences.\n");
  return text + in(language,
                   "Each entry is sealed over the one before: SHA-256 over \"entry\", the seal of the entry before\n"
                   "(32 bytes), number, serial, kind, operation, when and body; numbers in 8 bytes, little-endian,\n"
                   "all else led by its length in such 8 bytes. log/chain.json has the seal before the first entry\n"
                   "and that of the last, which must be \"seal_before\" of the next pack. An entry with\n"
                   "\"pseudonyms\": true was sealed with the names that it had, and cannot be computed again here.\n",
                   "Chaque entrée est scellée sur la précédente : SHA-256 de « entry », du sceau de l'entrée\n"
                   "précédente (32 octets), de number, serial, kind, operation, when et body ; les nombres sur\n"
                   "8 octets, petit-boutistes, le reste précédé de sa longueur sur 8 octets. log/chain.json\n"
                   "donne le sceau avant la première entrée et celui de la dernière, qui doit être « seal_before »\n"
                   "du dossier suivant. Une entrée « pseudonyms » : true a été scellée avec les noms qu'elle\n"
                   "portait, et ne peut être recalculée ici.\n");
}

std::string difference_words(const AboutPack& about, Language language) {
  if (about.no_difference.empty())
    return in(language, "diff/ says what packets became allowed or stopped since the pack before.\n",
              "diff/ dit quels paquets sont devenus permis ou ont cessé de l'être depuis le dossier\nprécédent.\n");
  return fmt::format("{} {}.\n", in(language, "There is no difference:", "Pas de différences :"),
                     about.no_difference.in(language));
}

std::string personal(const AboutPack& about, Language language) {
  if (about.in_clear)
    return in(language, "Names of remote access devices and of their owners stand as they are: that was asked for.\n",
              "Les noms des appareils d'accès distant et de leurs responsables figurent en clair : cela a\n"
              "été demandé.\n");
  return fmt::format(
      fmt::runtime(
          in(language,
             "For the names of remote access devices and of their owners ({} texts) something else stands,\n"
             "\"p-\" and twelve digits, wherever they are words of their own, also where such a word means\n"
             "something else. The digits are an HMAC-SHA-256 under the state's key, which is not in this pack:\n"
             "the same name has the same digits in all packs as long as that state lives; nobody without the\n"
             "state can try out names, and whoever has it can. What stays: public keys and addresses of such\n"
             "devices; who answers for flows, asked for them, approved, reviewed or applied them, since that\n"
             "is what is shown here; and whatever somebody wrote into a title, a purpose or a comment in\n"
             "other words than those of the topology's peers.\n",
             "Les noms des appareils d'accès distant et de leurs responsables ({} textes) sont remplacés par\n"
             "« p- » et douze chiffres, partout où ce sont des mots entiers, même là où le mot a un autre\n"
             "sens. Ces chiffres sont un HMAC-SHA-256 avec la clé de l'état, absente de ce dossier : un même\n"
             "nom a les mêmes chiffres dans tous les dossiers tant que cet état existe ; sans l'état, personne\n"
             "ne peut essayer des noms ; qui l'a le peut. Restent : les clés publiques et adresses de ces\n"
             "appareils ; qui répond des flux, les a demandés, approuvés, revus ou appliqués, puisque c'est\n"
             "ce qui est montré ici ; et ce que quelqu'un a écrit dans un titre, un motif ou un commentaire\n"
             "en d'autres mots que ceux des appareils de la topologie.\n")),
      about.pseudonyms);
}

constexpr std::string_view k_method_english = R"(HOW THE PROOF WAS MADE

proof/verify.txt is for people, proof/verify.jsonl for programs; proof/live.* the same of what was
read from the platforms, where that was asked.

Method. What passes is computed from the resources that the topology comes to (rules, routes, cards,
tunnels), never from the flows that asked for them. A packet is family, source, destination, protocol,
source port and service; sets of packets are unions of boxes of intervals. Everybody who may send,
sends every packet: each card, each network, each router, each device of remote users, and the world
outside. What arrives is followed through filters, routes, translations and tunnels, once for what
happens while everything works, and once for the most that can pass whatever fails. So a verdict is
about all packets, and not about samples. Each guarantee is judged by the most that can pass; each
flow by what passes and is answered while everything works; what passes and no flow asks for is named
with a packet. All of it is asked again for each date at which a flow begins or ends, and with one
more of what the topology makes from lists.

Assumptions. Devices and platforms do what their documentation and the tests of cloison show of them:
nftables and Linux routing on nodes; security groups of OpenStack, with what Neutron does whatever
groups say. Outer addresses of nodes and what is behind the administrator's own interfaces are as the
topology says. Nobody has changed the firmware, the hypervisor or the cloud's own network. Without
live/, what is there is taken to be what the topology says.

Not modelled. What is not a packet filter, route, translation or tunnel: switches and firewalls that
the topology does not name, permissions inside applications, who holds an account, the contents of
packets, rates, volumes and times of the day. A rule that cannot be read is named under "Not part of
it", and nothing that it may affect counts as proved. Where rules overlap in too many ways to be told,
that is said, and nothing counts as proved there.
)";

constexpr std::string_view k_method_french = R"(COMMENT LA PREUVE A ÉTÉ FAITE

proof/verify.txt se lit, proof/verify.jsonl s'exploite par programme ; proof/live.* est la même chose
pour ce qui a été lu sur les plateformes, si cela a été demandé.

Méthode. Ce qui passe est calculé à partir des ressources issues de la topologie (règles, routes,
interfaces, tunnels), jamais des flux qui les ont demandées. Un paquet, c'est famille, source,
destination, protocole, port source et service ; les ensembles de paquets sont des unions de pavés
d'intervalles. Tous ceux qui peuvent émettre envoient tous les paquets : chaque interface, chaque
réseau, chaque routeur, chaque appareil distant et le monde extérieur. Ce qui arrive est suivi à
travers filtres, routes, traductions et tunnels, une fois en marche normale, une fois pour le plus
qui puisse passer quoi qu'il tombe en panne. Un verdict porte donc sur tous les paquets, pas sur des
échantillons. Chaque garantie est jugée sur le plus qui puisse passer ; chaque flux sur ce qui passe
et reçoit réponse en marche normale ; ce qui passe sans qu'aucun flux le demande est nommé avec un
paquet. Tout est redemandé pour chaque date où un flux commence ou finit, et avec un élément de plus
de ce que la topologie tire de listes.

Hypothèses. Les équipements et plateformes font ce que montrent leur documentation et les tests de
cloison : nftables et routage Linux sur les nœuds ; groupes de sécurité d'OpenStack, avec ce que
Neutron fait quoi que disent les groupes. Les adresses extérieures des nœuds et ce qui se trouve
derrière les interfaces propres à l'administrateur sont ce qu'en dit la topologie. Personne n'a
modifié les microgiciels, l'hyperviseur ou le réseau propre du nuage. Sans live/, ce qui est en place
est supposé être ce que dit la topologie.

Non modélisé. Ce qui n'est ni filtre de paquets, ni route, ni traduction, ni tunnel : commutateurs et
pare-feu que la topologie ne nomme pas, droits à l'intérieur des applications, détenteurs de comptes,
contenu des paquets, débits, volumes et heures. Une règle illisible est nommée sous « Not part of it »,
et rien de ce qu'elle peut toucher ne compte comme prouvé. Là où les règles se recouvrent de trop de
façons pour conclure, c'est dit, et rien n'y compte comme prouvé.
)";

constexpr std::string_view k_on_a_node = R"(    nft -s -nn list ruleset
    ip -j address show; ip -j route show table all; ip -j rule show
    ip -6 -j route show table all; ip -6 -j rule show
    ovs-vsctl show; bridge -d vlan show
    wg show all endpoints; wg show all allowed-ips; swanctl --list-conns --raw
    vtysh -c 'show running-config'
    sysctl net.ipv4.ip_forward net.ipv6.conf.all.forwarding
    find /etc/cloison -type f ! -path '*/keys.d/*' ! -name '*.secrets' -exec sha256sum {} +
)";

constexpr std::string_view k_in_openstack =
    R"(    openstack network list --long -f json; openstack subnet list --long -f json
    openstack router list --long -f json; openstack port list --long -f json
    openstack security group list -f json; openstack security group rule list --long -f json
    openstack address group list --long -f json; openstack server list --long -f json
)";

// {0}: commands on a node, {1}: in a project of OpenStack.
constexpr std::string_view k_collecting_english = R"(HOW TO COLLECT BY HAND WHAT IS THERE

live/ holds what each platform answered, if the pack was made with --live: for a node one file for
each question (firewall.txt, routes_..., file/...), for a project of OpenStack the lists of its
services, else objects.json, as cloison read them (so it is in a sandbox). To collect the same
without cloison:

On a node, as root:

{0}
In a project of OpenStack, with the credentials of a reader:

{1}
Rules that somebody made by hand are in these answers, and in reports/rules-live.* as unauthorised.
)";

constexpr std::string_view k_collecting_french = R"(COMMENT RELEVER À LA MAIN CE QUI EST EN PLACE

live/ contient ce que chaque plateforme a répondu, si le dossier a été fait avec --live : pour un nœud
un fichier par question (firewall.txt, routes_..., file/...), pour un projet OpenStack les listes de
ses services, sinon objects.json, tel que cloison l'a lu (ainsi dans un bac à sable). Pour relever la
même chose sans cloison :

Sur un nœud, en root :

{0}
Dans un projet OpenStack, avec les droits d'un lecteur :

{1}
Les règles ajoutées à la main sont dans ces réponses, et dans reports/rules-live.* comme non autorisées.
)";

}  // namespace

std::string about_text(const AboutPack& about, Language language) {
  auto text =
      fmt::format(fmt::runtime(in(language, "WHAT THIS PACK SPEAKS OF\n\nNetwork {}, as of {}, pack number {}.\n",
                                  "DE QUOI PARLE CE DOSSIER\n\nRéseau {}, état au {}, dossier numéro {}.\n")),
                  printable(about.network), about.as_of, about.number);
  if (!about.simulated.empty())
    text += fmt::format("{}{}.\n", in(language, "SANDBOX: ", "BAC À SABLE : "), about.simulated.in(language));
  const auto chapter = [&](std::string_view english, std::string_view french, const std::string& words) {
    text += fmt::format("\n{}\n\n{}", in(language, english, french), words);
  };
  text += basis(about, language) + silent(about, language);
  chapter("The log (log/entries.jsonl, log/chain.json)", "Le journal (log/entries.jsonl, log/chain.json)",
          log_words(about, language));
  chapter("Differences", "Différences", difference_words(about, language));
  chapter("Personal data", "Données personnelles", personal(about, language));
  chapter("Secrets", "Secrets",
          in(language, "There are none: topologies, state and log hold references to them, or digests under a key.\n",
             "Il n'y en a pas : topologie, état et journal n'en ont que des références, ou des empreintes sous\n"
             "clé.\n"));
  return text;
}

std::string method_text(Language language) {
  return in(language, k_method_english, k_method_french);
}

std::string collecting_text(Language language) {
  return fmt::format(fmt::runtime(in(language, k_collecting_english, k_collecting_french)), k_on_a_node,
                     k_in_openstack);
}

}  // namespace cloison::ops
