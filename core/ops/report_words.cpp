#include "core/ops/report_words.h"

#include <array>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "core/base/strings.h"

namespace cloison::ops {

namespace {

using report::Phrase;

struct Pattern {
  std::string_view english, french;  // {}: what stands there, in this order in both
};

/// What compiling and lowering say. tests/report/reports.py finds those that the reference networks lack.
constexpr std::array k_reasons{
    Pattern{"this version has no provider of kind '{}' that applies",
            "cette version n'a aucun fournisseur de type '{}' qui applique"},
    Pattern{"{} of its users without tunnels, such as {}: no node is reached where they come in",
            "utilisateurs sans tunnel ({}, dont {}) : aucun nœud n'est joint là où ils arrivent"},
    Pattern{"routers of two VPCs are not joined yet; the rules of flows over it stand",
            "les routeurs de deux VPC ne sont pas encore reliés ; les règles de ses flux sont en place"},
    Pattern{
        "its hub's gateways are not reached: 'nodes:' of the gateway says how, once they are there",
        "les passerelles de son centre ne sont pas jointes : 'nodes:' de la passerelle dit comment, une fois en place"},
    Pattern{"no two of its ends are nodes of which one can be dialled",
            "aucune paire de ses extrémités n'est faite de nœuds dont l'un peut être appelé"},
    Pattern{"tunnels of this kind come later", "les tunnels de ce type viendront plus tard"},
    Pattern{"its peer is not written as an address, by which IPsec knows it",
            "son correspondant n'est pas écrit comme une adresse, par laquelle IPsec le connaît"},
    Pattern{"an external site needs a shared key: 'psk:'", "un site externe demande une clé partagée : 'psk:'"},
    Pattern{"its peer's outer address is one of those behind it",
            "l'adresse extérieure de son correspondant est de celles qui sont derrière lui"},
    Pattern{"'real:' is translated by nodes only: here machines have the declared addresses",
            "'real:' n'est traduit que par des nœuds : ici, les machines ont les adresses déclarées"},
    Pattern{"'denied: true': nodes log what they refuse, security groups of clouds do not",
            "'denied: true' : les nœuds journalisent ce qu'ils refusent, les groupes de sécurité des clouds non"},
    Pattern{"network policies come later", "les politiques réseau viendront plus tard"},
    Pattern{"closed: no node can tell that its scenario happens, or none stands at one of its ends",
            "fermé : aucun nœud ne peut savoir que son scénario se produit, ou aucun n'est à l'une de ses extrémités"},
    Pattern{"backup jobs come later; their flows are applied",
            "les sauvegardes viendront plus tard ; leurs flux sont appliqués"},
    Pattern{"the platform's own VPN gateway is not made by this version; without 'kind: cloud-vpn' it is a machine",
            "la passerelle VPN de la plateforme n'est pas créée par cette version ; sans 'kind: cloud-vpn', c'est une "
            "machine"},
    Pattern{
        "exists already: its port is not cloison's, so nothing is closed there; only the other ends keep to the flows",
        "existe déjà : son port n'est pas à cloison, rien n'y est donc fermé ; seules les autres extrémités s'en "
        "tiennent aux flux"},
    Pattern{"public, but it has neither IPv4, which floating addresses are, nor a global IPv6 address",
            "publique, mais sans IPv4, que sont les adresses flottantes, ni adresse IPv6 globale"},
    Pattern{
        "kept closed: from {} it is to leave at another site, but the one router there has its own way out, for {}",
        "gardé fermé : de {} il doit sortir par un autre site, mais l'unique routeur y a sa propre sortie, pour {}"},
    Pattern{"kept closed: it is to leave at another site, to which no tunnel is made from there",
            "gardé fermé : il doit sortir par un autre site, vers lequel aucun tunnel ne part de là"},
    Pattern{
        "it enters at the site itself, and answers from its segment leave through another one (`egress:`), so no "
        "connection comes about",
        "il entre par le site même, et les réponses de son segment sortent par un autre (`egress:`) : aucune connexion "
        "ne s'établit"},
    Pattern{"no interface of {} has {}, so it cannot share an address with others",
            "aucune interface de {} n'a {}, il ne peut donc partager une adresse"},
    Pattern{"disk of {} GiB: flavor {} has {} GiB, and volumes are not attached yet",
            "disque de {} Gio : le gabarit {} a {} Gio, et les volumes ne sont pas encore attachés"},
    Pattern{"VLAN {}: the provider entry names no physical_network",
            "VLAN {} : l'entrée du fournisseur ne nomme pas de physical_network"},
    Pattern{"VLAN {}: the account may not choose segmentation ids",
            "VLAN {} : le compte ne peut pas choisir d'identifiants de segmentation"},
    Pattern{
        "no 'hypervisor: libvirt' at the provider entry: machines are not made; their addresses and rules are",
        "pas de 'hypervisor: libvirt' à l'entrée du fournisseur : les machines ne sont pas créées ; leurs adresses et "
        "leurs règles le sont"},
    Pattern{"'hypervisor: none': machines are not made; their addresses and rules are",
            "'hypervisor: none' : les machines ne sont pas créées ; leurs adresses et leurs règles le sont"},
    Pattern{"libvirt puts no machine into a VLAN of a Linux bridge: that takes 'switch: open-vswitch'",
            "libvirt ne place aucune machine dans un VLAN d'un pont Linux : il y faut 'switch: open-vswitch'"},
    Pattern{"its site has no nodes that could run it", "son site n'a aucun nœud qui puisse l'exécuter"},
    Pattern{"a flavor is a cloud's: on nodes, 'cpu:' and 'memory:' say the size",
            "un gabarit est propre à un cloud : sur des nœuds, 'cpu:' et 'memory:' disent la taille"},
    Pattern{"{}: '{}' cannot be the name of an image's file on a node",
            "{} : '{}' ne peut être le nom d'un fichier d'image sur un nœud"},
    Pattern{"{}: the node has no image {}: put {} into {} there",
            "{} : le nœud n'a pas d'image {} : y déposer {} dans {}"},
    Pattern{"'waf:': the balancer passes on requests as they come",
            "'waf:' : le répartiteur transmet les requêtes telles qu'elles arrivent"},
    Pattern{"'tls:': a program reads its own certificate; 'credentials:' can bring it",
            "'tls:' : un programme lit son propre certificat ; 'credentials:' peut l'apporter"},
    Pattern{"'max_surge: {}': it is as many as its nodes say 'spare: true', {}",
            "'max_surge: {}' : c'est le nombre de ses nœuds qui disent 'spare: true', {}"},
    Pattern{
        "'max_unavailable: 0': without a node that says 'spare: true' one machine changes while it serves nobody",
        "'max_unavailable: 0' : sans nœud qui dise 'spare: true', une machine change pendant qu'elle ne sert personne"},
    Pattern{"this version does not deploy services of kind '{}'",
            "cette version ne déploie pas les services de type '{}'"},
    Pattern{"'package:' is installed by nobody; 'file:' or 'url:' of a Debian package is unpacked",
            "'package:' n'est installé par personne ; 'file:' ou 'url:' d'un paquet Debian est déballé"},
    Pattern{"no 'artifact:' says what is installed", "aucun 'artifact:' ne dit ce qui est installé"},
    Pattern{"'nodes:' says how its machines are reached, once they are there",
            "'nodes:' dit comment joindre ses machines, une fois en place"},
    Pattern{"no provider entry of kind node says who logs in",
            "aucune entrée de fournisseur de type node ne dit qui se connecte"},
    Pattern{"{} of its {}: 'nodes:' says of no more how they are reached",
            "{} sur {} : 'nodes:' ne dit pas comment joindre les autres"},
};

/// What stands at each {} of the pattern; nothing where the text is another one.
std::optional<std::vector<std::string>> holes(std::string_view pattern, std::string_view text) {
  std::vector<std::string> found;
  for (;;) {
    const auto hole = pattern.find("{}");
    const auto lead = pattern.substr(0, hole);
    if (!text.starts_with(lead)) return std::nullopt;
    text.remove_prefix(lead.size());
    if (hole == std::string_view::npos) return text.empty() ? std::optional(std::move(found)) : std::nullopt;
    pattern.remove_prefix(hole + 2);
    const auto next = pattern.substr(0, pattern.find("{}"));
    const auto end = next.empty() ? text.size() : text.find(next);
    if (end == std::string_view::npos) return std::nullopt;
    found.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

std::string filled(std::string_view pattern, const std::vector<std::string>& with) {
  std::string text;
  for (const auto& one : with) {
    const auto hole = pattern.find("{}");
    (text += pattern.substr(0, hole)) += one;
    pattern.remove_prefix(hole + 2);
  }
  return text += pattern;
}

}  // namespace

Phrase reason_phrase(std::string_view text) {
  for (const auto& [english, french] : k_reasons)
    if (const auto found = holes(english, text)) return {std::string(text), filled(french, *found)};
  return Phrase(text);
}

Phrase not_applied_phrase(const NotApplied& one) {
  const auto reason = reason_phrase(one.text);
  return {fmt::format("Not applied: {} {}: {}", one.block, one.entry, reason.english),
          fmt::format("Non appliqué : {} {} : {}", one.block, one.entry, reason.french)};
}

std::string certification_text(const topology::Certification& certification) {
  return certification.until ? fmt::format("{} ({})", certification.name, certification.until->text)
                             : certification.name;
}

Phrase simulated_phrase(const SandboxChoice& sandbox) {
  if (!sandbox.on) return {};
  if (sandbox.whole())
    return {"everything is simulated: this is no network that exists",
            "tout est simulé : ce n'est pas un réseau qui existe"};
  const auto names = join({sandbox.providers.begin(), sandbox.providers.end()}, ", ");
  return {fmt::format("simulated: {}; only the others exist", names),
          fmt::format("simulés : {} ; seuls les autres existent", names)};
}

void mark_simulated(report::Report& made, const SandboxChoice& sandbox) {
  if (!sandbox.on) return;
  auto& heading = made.heading;
  heading.title = {heading.title.english + (sandbox.whole() ? " (SANDBOX)" : " (SANDBOX in part)"),
                   heading.title.french + (sandbox.whole() ? " (BAC À SABLE)" : " (BAC À SABLE en partie)")};
  heading.facts.insert(
      heading.facts.begin(),
      {Phrase{"Sandbox", "Bac à sable"}, report::Cell{.value = simulated_phrase(sandbox), .tone = report::Tone::bad}});
}

}  // namespace cloison::ops
