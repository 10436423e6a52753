#pragma once
// The report `inventory`: everything that the topology says is there.

#include <string>
#include <vector>

#include "core/report/document.h"

namespace cloison::report {

struct SiteItem {
  std::string path{}, title{}, provider{}, country{}, region{}, declared{};
  std::vector<std::string> certifications{};
};
struct SegmentItem {
  std::string path{}, title{}, site{}, environment{}, zone{}, trust{}, data{}, declared{};
  std::vector<std::string> prefixes{};
  std::size_t vlan = 0;  // 0: none
  std::size_t machines = 0;
};
struct MachineItem {
  std::string path{}, title{}, kind{}, site{}, environment{}, zone{}, data{}, image{}, declared{};
  std::vector<std::string> addresses{}, services{};
  bool is_public = false;
};
struct LinkItem {
  std::string name{}, title{}, kind{}, transport{}, declared{};
  std::vector<std::string> ends{};
};
struct ServiceItem {
  std::string name{}, title{}, kind{}, version{}, behind{}, declared{};
  std::vector<std::string> machines{}, listens{};
};
struct DeviceItem {
  std::string path{}, owner{}, expires{};
  std::vector<std::string> addresses{};
  bool over = false;
};

struct InventoryData {
  Heading heading{};
  std::vector<SiteItem> sites{};
  std::vector<SegmentItem> segments{};
  std::vector<MachineItem> machines{};
  std::vector<LinkItem> links{};
  std::vector<ServiceItem> services{};
  std::vector<DeviceItem> devices{};
  std::optional<Drawing> drawing{};
};

[[nodiscard]] Report inventory_report(InventoryData data);

}  // namespace cloison::report
