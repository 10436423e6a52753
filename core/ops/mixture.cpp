#include "core/ops/mixture.h"

#include <algorithm>
#include <functional>

namespace cloison::ops {

namespace {

/// Of both lists what is in both, or in either; in their order, since that may matter: what only one has stands where
/// it has it.
Value joined(const std::vector<Value>& was, const std::vector<Value>& will_be, bool wide) {
  std::multimap<Value, std::size_t> places;
  for (std::size_t i = 0; i < will_be.size(); ++i) places.emplace(will_be[i], i);
  std::vector<Value> items;
  std::size_t next = 0;
  const auto take_until = [&](std::size_t end) {
    for (; next < end; ++next)
      if (wide) items.push_back(will_be[next]);
  };
  for (const auto& one : was) {
    const auto [first, last] = places.equal_range(one);
    if (first == last) {
      if (wide) items.push_back(one);
      continue;
    }
    const auto there = std::find_if(first, last, [&](const auto& place) { return place.second >= next; });
    if (there == last) continue;  // it stands further in front now, and has been taken
    take_until(there->second);
    items.push_back(one);
    next = there->second + 1;
  }
  take_until(will_be.size());
  return Value::list(std::move(items));
}

/// One resource in two versions.
struct Versions {
  std::vector<Value> was{}, will_be{};
  bool differ = false;  // in more than what lists have

  /// `kind`: nullptr where nobody knows it. `both`: what becomes of lists of both.
  Versions(const Value& old, const Value& wanted, const KindSchema* kind,
           const std::function<std::optional<Value>(const Value&, const Value&)>& both)
      : was(*old.as_slots()), will_be(*wanted.as_slots()) {
    for (std::size_t i = 0; i < was.size(); ++i) {
      if (will_be[i].is_null()) will_be[i] = was[i];  // the platform's own
      if (will_be[i] == was[i] || (kind != nullptr && i < kind->attributes.size() && kind->attributes[i].derived))
        continue;
      if (const auto one = both(was[i], will_be[i]))
        was[i] = will_be[i] = *one;
      else
        differ = true;
    }
  }
};

std::function<std::optional<Value>(const Value&, const Value&)> of_lists(bool wide) {
  return [wide](const Value& a, const Value& b) -> std::optional<Value> {
    if (a.as_list() == nullptr || b.as_list() == nullptr) return std::nullopt;
    return joined(*a.as_list(), *b.as_list(), wide);
  };
}

}  // namespace

Mixture::Mixture(const PlacedByProvider& is, const Snapshot& snapshot, const Plan& plan, const Providers& providers)
    : is_(is), snapshot_(snapshot), plan_(plan), providers_(providers) {
  for (const auto& step : plan.steps)
    if (step.verb == Step::Verb::create) made_.insert(step.key.address);
  for (const auto& [provider, resources] : is)
    for (const auto& one : resources)
      if (!one.address.empty()) seen_.emplace(one.address, &one);
}

PlacedByProvider Mixture::after(const Done& done) const {
  return mixed(done, Done(done.size()), How::exactly);
}
PlacedByProvider Mixture::widest(const Done& done, const Done& open) const {
  return mixed(done, open, How::widest);
}
PlacedByProvider Mixture::narrowest(const Done& done, const Done& open) const {
  return mixed(done, open, How::narrowest);
}

PlacedByProvider Mixture::mixed(const Done& done, const Done& open, How how) const {
  auto all = is_;
  for (std::size_t i = 0; i < plan_.steps.size(); ++i) {
    const auto& step = plan_.steps[i];
    const bool counts = how == How::widest ? step.verb != Step::Verb::remove : step.verb != Step::Verb::create;
    if (done[i] || (open[i] && how != How::exactly && counts)) apply(step, done[i] ? How::exactly : how, all);
  }
  return all;
}

/// Of the object that a step is about; "" where nobody has one.
std::string Mixture::identifier(const Step& step) const {
  if (!step.remote_id.empty()) return step.remote_id;
  const auto& key = step.moved_from.address.empty() ? step.key : step.moved_from;
  const auto row = snapshot_.rows.find(key);
  return row == snapshot_.rows.end() ? std::string() : row->second.remote_id;
}

/// As the platform would have it: what is there already by its identifier, what this plan makes by its address.
Value Mixture::resolved(const Value& value) const {
  return with_references_resolved(value, [&](const Ref& ref) -> std::optional<Value> {
    if (made_.contains(ref.address)) return std::nullopt;
    const auto* row = snapshot_.current(ref.address);
    if (row == nullptr) return std::nullopt;
    if (ref.attribute.empty()) return Value::text(row->remote_id);
    const auto provider = providers_.find(row->provider);
    const auto* kind = provider == providers_.end() ? nullptr : find_kind(provider->second->kinds(), row->kind);
    if (kind == nullptr) return std::nullopt;
    const auto there = seen_.find(ref.address);
    const auto& seen =
        attribute(*kind, there == seen_.end() ? row->observed : there->second->attributes, ref.attribute);
    const auto& known = seen.is_null() ? attribute(*kind, row->applied, ref.attribute) : seen;
    // What the platform has lost and makes anew is known by whose it is.
    return known.is_null() ? std::nullopt : std::optional(known);
  });
}

void Mixture::apply(const Step& step, How how, PlacedByProvider& into) const {
  using Verb = Step::Verb;
  if (step.verb == Verb::forget) return;
  auto& all = into[step.provider];
  if (step.verb == Verb::create) {
    all.push_back({step.key.address, step.key.address, step.kind, resolved(step.desired)});
    return;
  }
  const auto id = identifier(step);
  const auto at = std::find_if(all.begin(), all.end(), [&](const PlacedResource& one) {
    return one.kind == step.kind && (id.empty() ? one.id == step.key.address : one.id == id);
  });
  if (at == all.end()) return;
  if (step.verb == Verb::remove) {
    all.erase(at);
    return;
  }
  at->address = step.key.address;
  if (step.verb == Verb::adopt) return;
  const auto wanted = resolved(step.desired);
  const bool records = wanted.as_slots() != nullptr && at->attributes.as_slots() != nullptr &&
                       wanted.as_slots()->size() == at->attributes.as_slots()->size();
  if (!records) {
    at->attributes = wanted;
    return;
  }
  // A platform that is changed as a whole has all of one version or of the other, which both stand beside this.
  const auto provider = providers_.find(step.provider);
  const auto* kind = provider == providers_.end() ? nullptr : find_kind(provider->second->kinds(), step.kind);
  if (how == How::exactly || (provider != providers_.end() && provider->second->changes_together())) {
    at->attributes = Value::slots(
        Versions(at->attributes, wanted, kind, [](const Value&, const Value&) { return std::nullopt; }).will_be);
    return;
  }
  Versions versions(at->attributes, wanted, kind, of_lists(how == How::widest));
  at->attributes = Value::slots(std::move(versions.will_be));
  if (!versions.differ) return;
  // Which of two values is there nobody knows: both versions may be, and neither is for certain.
  if (how == How::narrowest) {
    all.erase(at);
    return;
  }
  auto former = *at;
  former.attributes = Value::slots(std::move(versions.was));
  all.push_back(std::move(former));
}

}  // namespace cloison::ops
