#include "tests/segmentation/mutations.h"

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <tuple>

#include "tests/segmentation/edits.h"

namespace cloison::test {

namespace {

class Mutating {
 public:
  explicit Mutating(const Network& network) : network_(network) {
    for (const auto& place : network.input.places) {
      if (place.kind != verify::Place::Kind::segment) continue;
      segments_.insert(segments_.end(), place.prefixes.begin(), place.prefixes.end());
    }
  }

  std::vector<Mutation> run() {
    for (std::size_t i = 0; i < network_.resources.size(); ++i) {
      missing(i);
      const auto& schema = network_.schema_of(network_.resources[i]);
      for (const auto& attribute : schema.attributes) {
        edits(i, schema, attribute);
        elements_move(i, schema, attribute);
      }
    }
    return std::move(all_);
  }

 private:
  [[nodiscard]] const Value& value(std::size_t i, const KindSchema& schema, const AttributeSchema& attribute) const {
    return cloison::attribute(schema, network_.resources[i].resource.attributes, attribute.name);
  }

  void missing(std::size_t i) {
    all_.push_back({.kind = network_.resources[i].resource.kind,
                    .operation = "drop",
                    .what = "missing",
                    .of = {i},
                    .make = [this, i] {
                      auto all = network_.resources;
                      all.erase(all.begin() + static_cast<std::ptrdiff_t>(i));
                      return all;
                    }});
  }

  void edits(std::size_t i, const KindSchema& schema, const AttributeSchema& attribute) {
    const auto around = around_of(i, schema, attribute);
    for (auto& edit : edits_of(attribute, value(i, schema, attribute), around))
      all_.push_back({.kind = schema.kind,
                      .attribute = attribute.name,
                      .operation = edit.operation,
                      .what = std::move(edit.what),
                      .of = {i},
                      .spoilt = edit.spoilt,
                      .make = [this, i, &schema, name = attribute.name, make = std::move(edit.make)] {
                        auto all = network_.resources;
                        auto& mine = all[i].resource.attributes;
                        mine = with_attribute(schema, mine, name, make());
                        return all;
                      }});
  }

  /// To the next resource of its kind that lacks it.
  void elements_move(std::size_t i, const KindSchema& schema, const AttributeSchema& attribute) {
    const auto* items = value(i, schema, attribute).as_list();
    const auto next = another(i);
    if (items == nullptr || next == i) return;
    for (std::size_t at = 0; at < items->size(); ++at) {
      const auto* theirs = value(next, schema, attribute).as_list();
      if (theirs != nullptr && std::find(theirs->begin(), theirs->end(), (*items)[at]) != theirs->end()) continue;
      all_.push_back({.kind = schema.kind,
                      .attribute = attribute.name,
                      .operation = "move",
                      .what = to_display((*items)[at]) + " to " + network_.resources[next].resource.address,
                      .of = {i, next},
                      .make = [this, i, next, at, &schema, &attribute] {
                        auto all = network_.resources;
                        auto here = *value(i, schema, attribute).as_list();
                        const auto* there = value(next, schema, attribute).as_list();
                        auto longer = there == nullptr ? std::vector<Value>{} : *there;
                        longer.push_back(here[at]);
                        here.erase(here.begin() + static_cast<std::ptrdiff_t>(at));
                        set(all[i], schema, attribute, Value::list(std::move(here)));
                        set(all[next], schema, attribute, Value::list(std::move(longer)));
                        return all;
                      }});
    }
  }
  static void set(Owned& one, const KindSchema& schema, const AttributeSchema& attribute, Value value) {
    one.resource.attributes = with_attribute(schema, one.resource.attributes, attribute.name, std::move(value));
  }

  /// The next resource of the same kind, `i` where there is none.
  [[nodiscard]] std::size_t another(std::size_t i) const {
    const auto count = network_.resources.size();
    for (std::size_t step = 1; step < count; ++step)
      if (network_.resources[(i + step) % count].resource.kind == network_.resources[i].resource.kind)
        return (i + step) % count;
    return i;
  }

  [[nodiscard]] Around around_of(std::size_t i, const KindSchema& schema, const AttributeSchema& attribute) const {
    Around around{.segments = segments_};
    // Another start for each resource, so that neighbours differ.
    if (!segments_.empty())
      std::rotate(around.segments.begin(),
                  around.segments.begin() + static_cast<std::ptrdiff_t>(i % around.segments.size()),
                  around.segments.end());
    for (auto next = another(i); next != i && around.others.size() < 3; next = another(next))
      around.others.push_back(value(next, schema, attribute));
    for (const auto& one : network_.resources) {
      if (attribute.refers_to.empty() || one.resource.kind != attribute.refers_to || around.others.size() > 5) continue;
      const auto& [id, address, kind, attributes] = one.resource;
      around.others.push_back(id == address ? Value::ref(address) : Value::text(id));
    }
    for (const auto& one : network_.resources) {
      if (one.provider != network_.resources[i].provider) continue;
      const auto& kind = network_.schema_of(one);
      for (const auto* name : {"name", "interface"})
        if (kind.slot("bridge") || kind.slot("interface") || kind.slot("mtu"))
          if (const auto slot = kind.slot(name))
            add_once(around.interfaces, cloison::attribute(kind, one.resource.attributes, name).text_or_empty());
    }
    return around;
  }
  static void add_once(std::vector<std::string>& names, const std::string& name) {
    if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }

  const Network& network_;
  std::vector<IpPrefix> segments_{};
  std::vector<Mutation> all_{};
};

}  // namespace

std::vector<Mutation> mutations_of(const Network& network) {
  // What each of them makes looks the network up again, so the network has to stay.
  auto mutating = std::make_shared<Mutating>(network);
  auto all = mutating->run();
  for (auto& one : all) one.make = [mutating, make = std::move(one.make)] { return make(); };
  return all;
}

std::vector<Mutation> sample(std::vector<Mutation> all, std::size_t most, uint64_t seed) {
  std::mt19937_64 draw(seed);
  std::shuffle(all.begin(), all.end(), draw);
  std::map<std::tuple<std::string, std::string, std::string>, std::size_t> taken;
  std::vector<std::pair<std::size_t, std::size_t>> ranks;  // how many like it come before it, and which it is
  for (std::size_t i = 0; i < all.size(); ++i)
    ranks.emplace_back(taken[{all[i].kind, all[i].attribute, all[i].operation}]++, i);
  std::sort(ranks.begin(), ranks.end());
  if (ranks.size() > most) ranks.resize(most);
  std::vector<Mutation> some;
  for (const auto& [rank, i] : ranks) some.push_back(std::move(all[i]));
  return some;
}

}  // namespace cloison::test
