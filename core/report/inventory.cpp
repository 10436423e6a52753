#include "core/report/inventory.h"

#include <memory>

#include "core/report/parts.h"

namespace cloison::report {

namespace {

using Kind = Column::Kind;
using SharedInventory = std::shared_ptr<const InventoryData>;

constexpr Term k_inventory_item{"item", "What it is", "Ce que c'est"};
constexpr Term k_inventory_where{"place", "Where it is", "Où"};

// Columns that several tables have.
Column inventory_title() {
  return column_of({"title", "Title", "Intitulé"}, Kind::text, k_inventory_item, "As people call it.", 3);
}
Column inventory_declared() {
  return column_of({"declared", "Declared at", "Déclaré en"}, Kind::text, k_inventory_item, "File and line.");
}
Column site_column() {
  return column_of({"site", "Site", "Site"}, Kind::text, k_inventory_where, "Where it stands.", 3);
}
Column environment_column() {
  return column_of({"environment", "Environment", "Environnement"}, Kind::text, k_inventory_where, "In which it is.",
                   2);
}
Column zone_column() {
  return column_of({"zone", "Zone", "Zone"}, Kind::text, k_inventory_where, "In which it is.", 2);
}
Column inventory_data() {
  return column_of({"data", "Data class", "Classe de données"}, Kind::text, k_inventory_item, "Of what it holds.", 2);
}
Column addresses_column() {
  return column_of({"addresses", "Addresses", "Adresses"}, Kind::list, k_inventory_where, "Its own.", 3);
}

Chapter sites_chapter(const SharedInventory& data) {
  Table table{
      .id = "sites",
      .title = {"Sites", "Sites"},
      .columns = {column_of({"site", "Site", "Site"}, Kind::text, k_inventory_item, "Its path.", 3), inventory_title(),
                  column_of({"provider", "Provider", "Fournisseur"}, Kind::text, k_inventory_item, "Provider entry.",
                            2),
                  column_of({"country", "Country", "Pays"}, Kind::text, k_inventory_where, "ISO 3166 code.", 1),
                  column_of({"region", "Region", "Région"}, Kind::text, k_inventory_where, "As declared.", 2),
                  column_of({"certifications", "Certifications", "Certifications"}, Kind::list, k_inventory_item,
                            "With their ends.", 4),
                  inventory_declared()},
      .rows = data->sites.size()};
  table.row = [data](std::size_t row) -> std::vector<Cell> {
    const auto& one = data->sites[row];
    return {text_cell(one.path),   text_cell(one.title),          text_cell(one.provider), text_cell(one.country),
            text_cell(one.region), list_cell(one.certifications), text_cell(one.declared)};
  };
  table.filters = columns_named(table.columns, {"provider", "country"});
  auto chapter = chapter_of("sites", {"Sites", "Sites"}, std::move(table));
  if (data->drawing) chapter.parts.insert(chapter.parts.begin(), *data->drawing);
  return chapter;
}

Chapter segments_chapter(const SharedInventory& data) {
  Table table{.id = "segments",
              .title = {"Segments", "Segments"},
              .columns = {column_of({"segment", "Segment", "Segment"}, Kind::text, k_inventory_item, "Its path.", 4),
                          inventory_title(),
                          column_of({"prefixes", "Prefixes", "Préfixes"}, Kind::list, k_inventory_where,
                                    "Of both families.", 3),
                          column_of({"vlan", "VLAN", "VLAN"}, Kind::number, k_inventory_where, "Its number.", 1),
                          site_column(), environment_column(), zone_column(),
                          column_of({"trust", "Trust", "Confiance"}, Kind::text, k_inventory_item, "Of its zone.", 2),
                          inventory_data(),
                          column_of({"machines", "Machines", "Machines"}, Kind::number, k_inventory_item,
                                    "That stand in it.", 1),
                          inventory_declared()},
              .rows = data->segments.size()};
  table.row = [data](std::size_t row) -> std::vector<Cell> {
    const auto& one = data->segments[row];
    return {text_cell(one.path),     text_cell(one.title),
            list_cell(one.prefixes), one.vlan == 0 ? Cell{} : number_cell(one.vlan),
            text_cell(one.site),     text_cell(one.environment),
            text_cell(one.zone),     text_cell(one.trust),
            text_cell(one.data),     number_cell(one.machines),
            text_cell(one.declared)};
  };
  table.filters = columns_named(table.columns, {"site", "environment", "zone", "data"});
  return chapter_of("segments", {"Segments", "Segments"}, std::move(table));
}

Chapter machines_chapter(const SharedInventory& data) {
  Table table{
      .id = "machines",
      .title = {"Machines and nodes", "Machines et nœuds"},
      .columns = {column_of({"machine", "Machine", "Machine"}, Kind::text, k_inventory_item, "Its path.", 5),
                  inventory_title(),
                  column_of({"kind", "Kind", "Genre"}, Kind::text, k_inventory_item, "Machine, gateway or node.", 2),
                  addresses_column(), site_column(), environment_column(), zone_column(), inventory_data(),
                  column_of({"services", "Services", "Services"}, Kind::list, k_inventory_item, "That run on it.", 3),
                  column_of({"public", "Public", "Publique"}, Kind::boolean, k_inventory_item,
                            "Whether it has an address that everybody may reach."),
                  column_of({"image", "Image", "Image"}, Kind::text, k_inventory_item, "It was made from."),
                  inventory_declared()},
      .rows = data->machines.size()};
  table.row = [data](std::size_t row) -> std::vector<Cell> {
    const auto& one = data->machines[row];
    return {text_cell(one.path),     text_cell(one.title),
            text_cell(one.kind),     list_cell(one.addresses),
            text_cell(one.site),     text_cell(one.environment),
            text_cell(one.zone),     text_cell(one.data),
            list_cell(one.services), {.value = one.is_public, .tone = one.is_public ? Tone::warning : Tone::plain},
            text_cell(one.image),    text_cell(one.declared)};
  };
  table.filters = columns_named(table.columns, {"kind", "site", "environment", "zone", "data"});
  return chapter_of("machines", {"Machines", "Machines"}, std::move(table));
}

Chapter links_chapter(const SharedInventory& data) {
  Table table{
      .id = "links",
      .title = {"Links", "Liaisons"},
      .columns = {column_of({"link", "Link", "Liaison"}, Kind::text, k_inventory_item, "Its name.", 2),
                  inventory_title(),
                  column_of({"kind", "Kind", "Genre"}, Kind::text, k_inventory_item, "As declared.", 2),
                  column_of({"transport", "Transport", "Transport"}, Kind::text, k_inventory_item, "Tunnel, or none.",
                            2),
                  column_of({"ends", "Ends", "Extrémités"}, Kind::list, k_inventory_where, "Places that it joins.", 6),
                  inventory_declared()},
      .rows = data->links.size()};
  table.row = [data](std::size_t row) -> std::vector<Cell> {
    const auto& one = data->links[row];
    return {text_cell(one.name),      text_cell(one.title), text_cell(one.kind),
            text_cell(one.transport), list_cell(one.ends),  text_cell(one.declared)};
  };
  return chapter_of("links", {"Links", "Liaisons"}, std::move(table));
}

Chapter services_chapter(const SharedInventory& data) {
  Table table{
      .id = "services",
      .title = {"Services", "Services"},
      .columns = {column_of({"service", "Service", "Service"}, Kind::text, k_inventory_item, "Its name.", 3),
                  inventory_title(),
                  column_of({"kind", "Kind", "Genre"}, Kind::text, k_inventory_item, "As declared.", 2),
                  column_of({"version", "Version", "Version"}, Kind::text, k_inventory_item, "That is asked for.", 2),
                  column_of({"machines", "Machines", "Machines"}, Kind::list, k_inventory_where, "It runs on.", 4),
                  column_of({"listens", "Listens", "Écoute"}, Kind::list, k_inventory_item, "Protocols and ports.", 2),
                  column_of({"behind", "Behind", "Derrière"}, Kind::text, k_inventory_where, "Its load balancer.", 2),
                  inventory_declared()},
      .rows = data->services.size()};
  table.row = [data](std::size_t row) -> std::vector<Cell> {
    const auto& one = data->services[row];
    return {text_cell(one.name),     text_cell(one.title),   text_cell(one.kind),   text_cell(one.version),
            list_cell(one.machines), list_cell(one.listens), text_cell(one.behind), text_cell(one.declared)};
  };
  return chapter_of("services", {"Services", "Services"}, std::move(table));
}

Chapter devices_chapter(const SharedInventory& data) {
  Table table{.id = "devices",
              .title = {"Devices from outside", "Appareils extérieurs"},
              .columns = {column_of({"device", "Device", "Appareil"}, Kind::text, k_inventory_item, "Its path.", 5),
                          column_of({"owner", "Owner", "Responsable"}, Kind::text, k_inventory_item, "Who has it.", 3),
                          addresses_column(),
                          column_of({"expires", "Expires", "Expiration"}, Kind::date, k_inventory_item,
                                    "Day from which it is refused.", 2)},
              .rows = data->devices.size()};
  table.row = [data](std::size_t row) -> std::vector<Cell> {
    const auto& one = data->devices[row];
    return {text_cell(one.path), text_cell(one.owner, one.owner.empty() ? Tone::warning : Tone::plain),
            list_cell(one.addresses), text_cell(one.expires, one.over ? Tone::bad : Tone::plain)};
  };
  return chapter_of("devices", {"Devices", "Appareils"}, std::move(table));
}

}  // namespace

Report inventory_report(InventoryData data) {
  Report report{.heading = data.heading};
  report.heading.kind = "inventory";
  report.heading.title = {"Inventory", "Inventaire"};
  const auto shared = std::make_shared<const InventoryData>(std::move(data));
  report.chapters = {sites_chapter(shared), segments_chapter(shared), machines_chapter(shared), links_chapter(shared)};
  if (!shared->services.empty()) report.chapters.push_back(services_chapter(shared));
  if (!shared->devices.empty()) report.chapters.push_back(devices_chapter(shared));
  return report;
}

}  // namespace cloison::report
