#include "core/report/pack_readme.h"

#include <fmt/format.h>

#include "core/base/strings.h"

namespace cloison::report {

namespace {

// Commands stand on lines of their own behind four blanks: tests/report/pack.py runs them as they stand.
constexpr std::string_view k_english = R"(EVIDENCE PACK
Network {network}, as of {as_of}, pack number {number}. Made by {made_by}.

What each file is: manifest.json. To check it you need this archive, the public
key as a file (key.pem) and that key's fingerprint on paper; sha256sum, tar, find
and openssl 3 are enough. Do not take the key from whoever gave you the archive
without comparing the fingerprint. `cloison report check` does all of this, and
refuses what tar would pass over.

Unpack into an empty folder, and put key.pem beside that folder:

    mkdir pack
    tar -xzf PACK.tar.gz -C pack
    cd pack

1. The key. Compare all 64 digits with those that were handed over on paper
   (`cloison report key` prints them in groups of four):

    openssl pkey -pubin -in ../key.pem -outform DER | sha256sum

2. The signature: "Signature Verified Successfully". It is Ed25519 over
   MANIFEST.sha256 and covers every file but MANIFEST.sha256.sig and
   MANIFEST.sha256.tsr:

    openssl pkeyutl -verify -pubin -inkey ../key.pem -rawin -in MANIFEST.sha256 -sigfile MANIFEST.sha256.sig

3. The files: each line ends with "OK". It names files that are missing or changed:

    sha256sum --check --strict MANIFEST.sha256

4. Nothing else is there: these say nothing.

    cut -c 67- MANIFEST.sha256 | LC_ALL=C sort > ../listed
    find . ! -type d | cut -c 3- | grep -vxE 'MANIFEST\.sha256(\.sig|\.tsr)?' | LC_ALL=C sort | diff ../listed -

5. The chain. Packs of a network are numbered from 1. "previous" in manifest.json
   has the number of the pack before this one and the SHA-256 of its
   MANIFEST.sha256, which this must print where that pack was unpacked:

    sha256sum MANIFEST.sha256

   Two packs with the same number, or one whose "previous" does not fit, mean that
   something was replaced or left out. Keep the newest pack yourself: the next one
   must name it.

6. The timestamp, if there is a file MANIFEST.sha256.tsr (RFC 3161). An authority
   says at what time the signature was there. It is made after the signature, and so
   not covered by it: whoever takes it away leaves no trace. ../tsa-ca.pem is the
   authority's certificate, from the authority itself; where it has ended since, add
   -attime with the seconds since 1970 of the time that the first command prints:

    openssl ts -reply -in MANIFEST.sha256.tsr -text
    openssl ts -verify -data MANIFEST.sha256.sig -in MANIFEST.sha256.tsr -CAfile ../tsa-ca.pem
)";

constexpr std::string_view k_french = R"(DOSSIER DE PREUVES
Réseau {network}, état au {as_of}, dossier numéro {number}. Fait par {made_by}.

Le contenu de chaque fichier est décrit dans manifest.json. Pour vérifier, il faut
cette archive, la clé publique dans un fichier (key.pem) et l'empreinte de cette clé
sur papier ; sha256sum, tar, find et openssl 3 suffisent. N'acceptez pas la clé de
celui qui vous a remis l'archive sans comparer l'empreinte. `cloison report check`
fait tout cela, et refuse ce que tar laisserait passer.

Déballez dans un dossier vide, et posez key.pem à côté de ce dossier :

    mkdir pack
    tar -xzf PACK.tar.gz -C pack
    cd pack

1. La clé. Comparez les 64 chiffres avec ceux remis sur papier
   (`cloison report key` les imprime par groupes de quatre) :

    openssl pkey -pubin -in ../key.pem -outform DER | sha256sum

2. La signature : « Signature Verified Successfully ». C'est un Ed25519 sur
   MANIFEST.sha256, qui couvre tous les fichiers sauf MANIFEST.sha256.sig et
   MANIFEST.sha256.tsr :

    openssl pkeyutl -verify -pubin -inkey ../key.pem -rawin -in MANIFEST.sha256 -sigfile MANIFEST.sha256.sig

3. Les fichiers : chaque ligne finit par « OK » ou « Réussi ». Les fichiers absents ou
   modifiés sont nommés :

    sha256sum --check --strict MANIFEST.sha256

4. Rien d'autre n'est là : ces commandes ne disent rien.

    cut -c 67- MANIFEST.sha256 | LC_ALL=C sort > ../listed
    find . ! -type d | cut -c 3- | grep -vxE 'MANIFEST\.sha256(\.sig|\.tsr)?' | LC_ALL=C sort | diff ../listed -

5. La chaîne. Les dossiers d'un réseau sont numérotés à partir de 1. « previous »
   dans manifest.json donne le numéro du dossier précédent et le SHA-256 de son
   MANIFEST.sha256, que voici, à lancer là où ce dossier a été déballé :

    sha256sum MANIFEST.sha256

   Deux dossiers du même numéro, ou un dossier dont « previous » ne correspond pas,
   signifient que quelque chose a été remplacé ou omis. Conservez vous-même le
   dernier dossier : le suivant doit le nommer.

6. L'horodatage, s'il y a un fichier MANIFEST.sha256.tsr (RFC 3161). Une autorité
   dit à quelle heure la signature existait. Il est fait après la signature, qui ne
   le couvre donc pas : qui l'enlève ne laisse pas de trace. ../tsa-ca.pem est le
   certificat de l'autorité, obtenu d'elle-même ; s'il a expiré depuis, ajoutez
   -attime avec les secondes depuis 1970 de l'heure que donne la première commande :

    openssl ts -reply -in MANIFEST.sha256.tsr -text
    openssl ts -verify -data MANIFEST.sha256.sig -in MANIFEST.sha256.tsr -CAfile ../tsa-ca.pem
)";

}  // namespace

std::string pack_readme(const PackRequest& request, Language language) {
  const auto network = printable(request.network);
  const auto as_of = rfc3339(request.as_of);
  const auto made_by = printable(request.made_by);
  const uint64_t number = request.previous ? request.previous->number + 1 : 1;
  return language == Language::french ? fmt::format(k_french, fmt::arg("network", network), fmt::arg("as_of", as_of),
                                                    fmt::arg("number", number), fmt::arg("made_by", made_by))
                                      : fmt::format(k_english, fmt::arg("network", network), fmt::arg("as_of", as_of),
                                                    fmt::arg("number", number), fmt::arg("made_by", made_by));
}

}  // namespace cloison::report
