#include "core/verify/guarantee_text.h"

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/verify/packet_text.h"

namespace cloison::verify {

namespace {

std::string listed(const std::vector<std::string>& words) {
  return words.size() == 1 ? words.front() : '[' + join(words, ", ") + ']';
}

std::string selector_text(const PlaceSelector& selector) {
  std::vector<std::string> terms;
  for (const auto& term : selector.terms) {
    if (term.match.empty()) {
      terms.push_back(term.path);
      continue;
    }
    std::vector<std::string> entries;
    for (const auto& [key, values] : term.match) entries.push_back(fmt::format("{}: {}", key, listed(values)));
    terms.push_back('{' + join(entries, ", ") + '}');
  }
  return join(terms, ", ");
}

}  // namespace

std::string guarantee_text(const Guarantee& guarantee) {
  using Kind = Guarantee::Kind;
  const auto from = selector_text(guarantee.from), to = selector_text(guarantee.to);
  switch (guarantee.kind) {
    case Kind::isolated:
      return "isolated among " + selector_text(guarantee.among);
    case Kind::unreachable:
      return fmt::format("unreachable from {} to {}", from, to);
    case Kind::reachable:
      return fmt::format("reachable from {} to {}, {}", from, to, join(service_texts(guarantee.services), ", "));
    case Kind::only:
      return fmt::format("only from {} to {}", from, to);
    case Kind::through:
      return fmt::format("through {} from {} to {}", selector_text(guarantee.via), from, to);
    case Kind::encrypted:
      return fmt::format("encrypted from {} to {}", from, to);
    case Kind::located: {
      auto text = fmt::format("located: {}", join(guarantee.data, ", "));
      for (const auto& [word, values] : {std::pair("in", &guarantee.countries),
                                         {"certified", &guarantee.certifications},
                                         {"tier", &guarantee.tiers}})
        if (!values->empty()) text += fmt::format(" {} {}", word, join(*values, ", "));
      return text;
    }
  }
  return {};
}

std::string exemption_text(const Exemption& exemption) {
  return exemption.flows.empty() ? selector_text(exemption.places) : "flow " + join(exemption.flows, ", ");
}

}  // namespace cloison::verify
