#include "core/verify/place.h"

#include <algorithm>

#include "core/base/strings.h"

namespace cloison::verify {

namespace {

/// Groups may name groups; the topology refuses circles, and here one only ends.
constexpr unsigned k_deepest = 16;

bool among(const std::vector<std::string>& wanted, std::string_view value) {
  return std::find(wanted.begin(), wanted.end(), value) != wanted.end();
}

bool has_label(const Place& place, const std::string& wanted) {
  const auto equals = wanted.find('=');
  const auto found = place.labels.find(wanted.substr(0, equals));
  return found != place.labels.end() && (equals == std::string::npos || found->second == wanted.substr(equals + 1));
}

bool names_site(std::string_view word, const Place& place) {
  return word == place.family || word == place.site();
}

}  // namespace

/// `words` behind the site.
PlaceNames::Size PlaceNames::match_site(const std::vector<std::string_view>& words, const Place& place) {
  if (words.empty()) return place.gateway ? Size::none : Size::site;
  if (words[0] == "nodes" || words[0] == "gateways") {
    const bool of_kind = words[0] == "nodes" ? place.kind == Place::Kind::node : place.gateway;
    const bool named = words.size() == 1 || words[1] == place.host || words[1] == place.replica;
    return of_kind && named ? Size::host : Size::none;
  }
  std::size_t at = 0;
  if (!place.vpc.empty() && words[at] == place.vpc) ++at;
  if (at == words.size()) return place.gateway ? Size::none : Size::vpc;
  if (place.segment.empty() || words[at] != place.segment) return Size::none;
  if (++at == words.size()) return place.gateway ? Size::none : Size::segment;
  const bool named = !place.host.empty() && (words[at] == place.host || words[at] == place.replica);
  return named && at + 1 == words.size() ? Size::host : Size::none;
}

PlaceNames::Size PlaceNames::match_group(const PlaceGroup& group, const Place& place, const Place* other,
                                         unsigned depth) const {
  for (const auto& term : group.hosts.terms)
    if (const auto size = match(term, place, other, depth + 1); size != Size::none) return size;
  for (const auto& prefix : group.prefixes)
    for (const auto& own : place.prefixes)
      if (prefix.contains(own)) return Size::host;
  return Size::none;
}

PlaceNames::Size PlaceNames::match_path(std::string_view path, const Place& place, const Place* other,
                                        unsigned depth) const {
  if (depth > k_deepest || path == "internet") return Size::none;
  if (path == "environments") return place.environment.empty() ? Size::none : Size::environment;
  if (const auto group = groups_.find(path); group != groups_.end())
    return match_group(group->second, place, other, depth);
  auto words = split(path, '.');
  const auto first = words.front();
  words.erase(words.begin());
  if (first == "same-site")
    return other != nullptr && place.site() == other->site() ? match_site(words, place) : Size::none;
  if (among(place.services, first) && (words.empty() || words.front() == "primary")) return Size::host;
  if (names_site(first, place)) return match_site(words, place);
  return path == place.path ? Size::segment : Size::none;  // a namespace of a cluster
}

PlaceNames::Size PlaceNames::match_map(const PlaceTerm& term, const Place& place) {
  auto size = Size::environment;
  for (const auto& [key, wanted] : term.match) {
    bool matches = false;
    auto this_size = Size::environment;
    if (key == "site") {
      matches = among(wanted, place.family) || among(wanted, place.site());
      this_size = Size::site;
    } else if (key == "vpc") {
      matches = !place.vpc.empty() && among(wanted, place.vpc);
      this_size = Size::vpc;
    } else if (key == "environment") {
      matches = !place.environment.empty() && among(wanted, place.environment);
    } else if (key == "segment" || key == "zone") {
      matches = among(wanted, key == "zone" ? place.zone : place.segment);
      this_size = Size::segment;
    } else if (key == "host") {
      matches = !place.host.empty() && among(wanted, place.host);
      this_size = Size::host;
    } else if (key == "label") {
      matches = std::any_of(wanted.begin(), wanted.end(), [&](const auto& one) { return has_label(place, one); });
      this_size = Size::segment;
    }
    if (!matches) return Size::none;
    size = std::max(size, this_size);
  }
  return place.gateway && size != Size::host ? Size::none : size;
}

PlaceNames::Size PlaceNames::match(const PlaceTerm& term, const Place& place, const Place* other,
                                   unsigned depth) const {
  return term.match.empty() ? match_path(term.path, place, other, depth) : match_map(term, place);
}

bool PlaceNames::means(const PlaceSelector& selector, const Place& place, const Place* other) const {
  return std::any_of(selector.terms.begin(), selector.terms.end(),
                     [&](const PlaceTerm& term) { return match(term, place, other, 0) != Size::none; });
}

bool PlaceNames::means_outside(const PlaceSelector& selector) const {
  return std::any_of(selector.terms.begin(), selector.terms.end(),
                     [](const PlaceTerm& term) { return term.path == "internet"; });
}

std::string Place::alike() const {
  if (kind == Kind::node) return family + ".nodes";
  auto text = family;
  for (const auto* part : {&vpc, &segment, &host})
    if (!part->empty() && (kind != Kind::user || part != &host)) text += '.' + *part;
  return text;
}

std::string PlaceNames::member(const PlaceSelector& selector, const Place& place) const {
  for (const auto& term : selector.terms) switch (match(term, place, nullptr, 0)) {
      case Size::none:
        break;
      case Size::environment:
        return place.environment;
      case Size::site:
        return place.site();
      case Size::vpc:
        return place.site() + '.' + place.vpc;
      case Size::segment: {
        const auto vpc = place.vpc.empty() ? place.site() : place.site() + '.' + place.vpc;
        return place.segment.empty() ? place.path : vpc + '.' + place.segment;
      }
      case Size::host:
        return place.path;
    }
  return {};
}

bool PlaceNames::relative(const PlaceSelector& selector) const {
  return std::any_of(selector.terms.begin(), selector.terms.end(), [](const PlaceTerm& term) {
    return term.path == "same-site" || term.path.starts_with("same-site.");
  });
}

}  // namespace cloison::verify
