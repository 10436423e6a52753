#include "core/ops/report_drawing.h"

#include <map>
#include <set>

namespace cloison::ops {

namespace {

using Box = report::Drawing::Box;

class Drawer {
 public:
  explicit Drawer(const topology::Resolved& resolved) : resolved_(resolved) {}

  report::Drawing run(const std::string& table) {
    drawing_ = {.id = "network", .title = {"The network", "Le réseau"}, .table = table};
    for (uint32_t site = 0; site < resolved_.topology->sites.size(); ++site) add_site(site);
    for (const auto& segment : resolved_.segments) add_segment(segment);
    for (uint32_t link = 0; link < resolved_.topology->links.size(); ++link) add_link(link);
    return std::move(drawing_);
  }

 private:
  std::size_t add(Box box) {
    drawing_.boxes.push_back(std::move(box));
    return drawing_.boxes.size() - 1;
  }
  [[nodiscard]] std::string id() const { return "box-" + std::to_string(drawing_.boxes.size()); }

  void add_site(uint32_t number) {
    const auto& site = resolved_.topology->sites[number];
    sites_[number] = add({.id = id(),
                          .label = site.title.empty() ? site.path : site.title,
                          .kind = Box::Kind::site,
                          .detail = site.path,
                          .filter = site.path});
  }

  void add_segment(const topology::ResolvedSegment& segment) {
    const auto site = sites_.find(segment.site);
    if (site == sites_.end()) return;
    auto within = site->second;
    if (!segment.vpc_path.empty()) {
      const auto [known, fresh] = vpcs_.try_emplace(segment.vpc_path, 0);
      if (fresh)
        known->second = add({.id = id(),
                             .label = segment.vpc->title.empty() ? segment.vpc->name : segment.vpc->title,
                             .within = within,
                             .kind = Box::Kind::vpc,
                             .detail = segment.environment,
                             .filter = segment.vpc_path});
      within = known->second;
    }
    const bool named = segment.segment != nullptr && !segment.segment->title.empty();
    const auto dot = segment.path.rfind('.');
    add({.id = id(),
         .label = named ? segment.segment->title : segment.path.substr(dot == std::string::npos ? 0 : dot + 1),
         .within = within,
         .kind = Box::Kind::segment,
         .detail = (segment.ipv4 ? segment.ipv4->text() : std::string()) +
                   (segment.zone.empty() ? std::string() : ", " + segment.zone),
         .filter = segment.path});
  }

  std::size_t outside() {
    if (!outside_) outside_ = add({.id = id(), .label = "Internet", .kind = Box::Kind::outside, .filter = "internet"});
    return *outside_;
  }

  /// Which sites its ends are in; the outside where it has one end only.
  void add_link(uint32_t number) {
    const auto& link = resolved_.topology->links[number];
    std::set<uint32_t> hubs, others;
    for (const auto& end : resolved_.link_ends[number]) {
      const auto site = site_of(end.domain);
      if (!sites_.contains(site)) continue;
      (end.role == topology::LinkEnd::Role::hub || (end.role == topology::LinkEnd::Role::side && end.side == 0)
           ? hubs
           : others)
          .insert(site);
    }
    const auto kind = link.kind.value == "sdwan" || link.kind.value == "vpn" || link.kind.value == "remote-access"
                          ? report::Drawing::Line::Kind::tunnel
                          : report::Drawing::Line::Kind::link;
    for (const auto hub : hubs) {
      if (others.empty() && link.kind.value == "internet")
        drawing_.lines.push_back({sites_[hub], outside(), link.name, kind});
      for (const auto other : others)
        if (other != hub) drawing_.lines.push_back({sites_[hub], sites_[other], link.name, kind});
    }
  }

  [[nodiscard]] uint32_t site_of(topology::Domain domain) const {
    const auto count = static_cast<uint32_t>(resolved_.topology->sites.size());
    if (domain < count) return domain;
    return domain - count < resolved_.vpcs.size() ? resolved_.vpcs[domain - count].site : topology::k_none;
  }

  const topology::Resolved& resolved_;
  report::Drawing drawing_{};
  std::map<uint32_t, std::size_t> sites_{};
  std::map<std::string, std::size_t> vpcs_{};
  std::optional<std::size_t> outside_{};
};

}  // namespace

report::Drawing drawing_of(const topology::Resolved& resolved, const std::string& table) {
  return Drawer(resolved).run(table);
}

}  // namespace cloison::ops
