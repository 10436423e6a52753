#include "core/ops/export_check.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <set>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/ops/export_standing.h"
#include "core/ops/files.h"
#include "core/ops/proving_wants.h"
#include "core/verify/filter.h"
#include "core/verify/packet_text.h"

namespace cloison::ops {

namespace {

namespace fs = std::filesystem;
using manifests::Manifests;
using verify::PacketSet;
using What = PolicyDifference::What;

constexpr std::size_t k_file_bytes = 64U << 20U;
constexpr std::size_t k_most_files = 20'000;
constexpr std::string_view k_metadata = "S-metadata";  // the machine's own, and no pod's (docs/containers.md)

/// Policies speak of these alone.
constexpr std::array k_protocols{protocol::k_tcp, protocol::k_udp, protocol::k_sctp};

Diagnostic unreadable(const fs::path& place, std::string why) {
  return {.kind = ErrorKind::usage,
          .code = "CL6164",
          .summary = fmt::format("{} holds no manifests", printable(place.string())),
          .detail = std::move(why),
          .hint = "name a folder or file of YAML documents, such as `cloison export kubernetes --out FOLDER` writes"};
}

/// Sorted, so that what is found does not hang on the order of a folder.
Result<std::vector<fs::path>> files_at(const fs::path& place) {
  std::error_code error;
  std::vector<fs::path> files;
  const auto there = fs::status(place, error);
  if (!fs::exists(there)) return fail(unreadable(place, "There is no such folder or file."));
  if (!fs::is_directory(there)) return std::vector{place};
  for (fs::recursive_directory_iterator at(place, error), end; !error && at != end; at.increment(error)) {
    const auto kind = at->path().extension();
    if ((kind == ".yaml" || kind == ".yml" || kind == ".json") && at->is_regular_file(error))
      files.push_back(at->path());
    if (files.size() > k_most_files)
      return fail(unreadable(place, fmt::format("It has more than {} files.", k_most_files)));
  }
  if (error) return fail(unreadable(place, fmt::format("The operating system says: {}.", error.message())));
  std::sort(files.begin(), files.end());
  return files;
}

Result<Manifests> read_all(const fs::path& place) {
  Manifests all;
  const auto files = files_at(place);
  if (!files) return fail(files.error());
  for (const auto& file : *files) {
    const auto text = read_file(file, k_file_bytes);
    if (!text) return fail(text.error());
    if (auto done = manifests::read(file.string(), *text, all); !done) return fail(done.error());
  }
  if (all.objects == 0) return fail(unreadable(place, "No object of Kubernetes is in it."));
  return all;
}

class Checking {
 public:
  Checking(const ExportGround& ground, Manifests manifests, ManifestCheck& into)
      : ground_(ground), manifests_(std::move(manifests)), standing_(ground, manifests_), into_(into) {}

  void run() {
    into_.objects = manifests_.objects;
    into_.policies = manifests_.policies.size();
    for (const auto* workload : standing_.missing())
      into_.differences.push_back({.what = What::missing,
                                   .pods = fmt::format("{}/{}", workload->name_space, workload->name),
                                   .declared = ground_.resolved->topology->services[workload->service].span});
    collect_wanted();
    const auto forwarding = manifests::forwarding_of(manifests_);
    for (std::size_t i = 0; i < manifests_.pods.size(); ++i) {
      if (!standing_.is_judged(i)) continue;
      if (!standing_.is_known(i) && !standing_.is_hypothetical(i))
        into_.differences.push_back({.what = What::stranger, .pods = manifests_.pods[i].path()});
      into_.pods += standing_.is_hypothetical(i) ? 0 : 1;
      compare(i, false, forwarding.ports[i].out);
      compare(i, true, forwarding.ports[i].in);
    }
    std::set<std::string> told;
    for (const auto& one : forwarding.unknown)
      if (!standing_.is_left_aside(one.address)) told.insert(fmt::format("{}: {}", printable(one.address), one.what));
    into_.not_understood.insert(into_.not_understood.end(), told.begin(), told.end());
  }

 private:
  struct Side {
    std::vector<std::pair<PacketBox, std::size_t>> wanted{};  // with the number of whose packets they are
  };

  void collect_wanted() {
    sides_.resize(manifests_.pods.size());
    wanted_ = wants_of(*ground_.resolved, {});
    for (std::size_t i = 0; i < wanted_.size(); ++i) {
      if (!wanted_[i].must || wanted_[i].flow == k_metadata) continue;
      bool any = false;
      for (const auto& box : wanted_[i].permitted) any = add(box, i) || any;
      into_.pairs += any ? 1 : 0;
    }
  }
  bool add(const PacketBox& box, std::size_t number) {
    const auto from = standing_.end_of(box.family, box.source), to = standing_.end_of(box.family, box.destination);
    if (from.pods.empty() && to.pods.empty()) return false;
    for (const auto protocol : k_protocols) {
      if (!box.protocol.contains(protocol)) continue;
      auto one = box;
      one.protocol = {protocol, protocol};
      for (const auto pods : from.pods) add_from(one, pods, to, number);
      for (const auto pods : to.pods) add_to(one, pods, from, number);
    }
    return true;
  }
  /// Between pods in both families, by whichever the cluster has them talk; with others in that of the flow.
  void add_from(const PacketBox& box, std::size_t pods, const Standing::End& to, std::size_t number) {
    for (const auto& range : to.addresses) {
      auto one = box;
      one.source = standing_.address(pods, box.family), one.destination = range;
      sides_[pods][0].wanted.emplace_back(one, number);
    }
    for (const auto far : to.pods)
      for (const auto family : {Family::ipv4, Family::ipv6}) {
        auto one = box;
        one.family = family;
        one.source = standing_.address(pods, family), one.destination = standing_.address(far, family);
        sides_[pods][0].wanted.emplace_back(one, number);
        sides_[far][1].wanted.emplace_back(one, number);
      }
  }
  void add_to(const PacketBox& box, std::size_t pods, const Standing::End& from, std::size_t number) {
    for (const auto& range : from.addresses) {
      auto one = box;
      one.source = range, one.destination = standing_.address(pods, box.family);
      sides_[pods][1].wanted.emplace_back(one, number);
    }
  }

  /// All that the pods could send, or be sent.
  [[nodiscard]] PacketSet everything(std::size_t pods, bool inward) const {
    PacketSet all;
    for (const auto& address : manifests_.pods[pods].addresses)
      for (const auto protocol : k_protocols) {
        auto box = PacketBox::all(address.family);
        (inward ? box.destination : box.source) = {address.bits, address.bits};
        box.protocol = {protocol, protocol};
        all.add(box);
      }
    return all;
  }

  void compare(std::size_t pods, bool inward, const SharedChain& chain) {
    const auto& side = sides_[pods][inward ? 1 : 0];
    PacketSet wanted, permitted;
    for (const auto& [box, number] : side.wanted) wanted.add(box);
    wanted.simplify();
    const auto tell_more = [&](PacketSet packets, const std::string& rule) {
      permitted.add(packets);
      packets.subtract(wanted);
      if (!packets.empty()) tell(What::more, pods, inward, packets, rule, {}, 0);
    };
    if (!chain) {
      tell_more(everything(pods, inward), {});
    } else {
      const verify::Filter filter(*chain);
      const auto accepted = filter.accepted(everything(pods, inward), {});
      if (!accepted) {
        into_.not_understood.push_back(
            fmt::format("{}: its policies overlap in too many ways", manifests_.pods[pods].path()));
        return;
      }
      for (const auto& one : *accepted) {
        const auto* rule = filter.rule_of(one);
        tell_more(one.packets, rule == nullptr ? std::string() : rule->match.text);
      }
    }
    permitted.simplify();
    tell_less(pods, inward, permitted);
  }
  void tell_less(std::size_t pods, bool inward, const PacketSet& permitted) {
    std::map<std::size_t, PacketSet> by_pair;
    for (const auto& [box, number] : sides_[pods][inward ? 1 : 0].wanted) by_pair[number].add(box);
    for (auto& [number, packets] : by_pair) {
      packets.subtract(permitted);
      if (!packets.empty()) tell(What::less, pods, inward, packets, {}, wanted_[number].id, wanted_[number].span);
    }
  }

  void tell(What what, std::size_t pods, bool inward, const PacketSet& packets, const std::string& rule,
            const std::string& pair, SpanId declared) {
    const auto packet = packets.example();
    std::string witness;
    if (packet) {
      auto box = PacketBox::all(packet->family);
      box.protocol = {packet->protocol, packet->protocol};
      box.service = {packet->service, packet->service};
      witness = fmt::format("{} -> {} {}", standing_.name({packet->family, packet->source}),
                            standing_.name({packet->family, packet->destination}), verify::service_text(box));
    }
    into_.differences.push_back({what, manifests_.pods[pods].path(), inward, rule, pair, std::move(witness), declared});
  }

  const ExportGround& ground_;
  Manifests manifests_;
  Standing standing_;
  ManifestCheck& into_;
  std::vector<verify::Wanted> wanted_{};
  std::vector<std::array<Side, 2>> sides_{};  // beside the pods: what they send, and are sent
};

std::string difference_text(const PolicyDifference& one) {
  switch (one.what) {
    case What::more:
      return fmt::format("{} passes, which no flow permits{}", one.witness,
                         one.rule.empty() ? fmt::format("; no policy isolates {}", one.pods) : ", by " + one.rule);
    case What::less:
      return fmt::format("{} of {} does not pass", one.witness, one.pair);
    case What::missing:
      return fmt::format("{} has no pods", one.pods);
    case What::stranger:
      return fmt::format("the topology knows nothing of the pods of {}", one.pods);
  }
  return {};
}

Diagnostics notes_of(const ManifestCheck& check) {
  Diagnostics notes;
  if (!check.differences.empty()) {
    const auto& first = check.differences.front();
    notes.push_back({.kind = ErrorKind::policy,
                     .code = "CL6162",
                     .summary = fmt::format("the manifests permit other packets than the flows: {}",
                                            counted(check.differences.size(), "difference")),
                     .detail = printable(difference_text(first)),
                     .hint = "`cloison export kubernetes --out FOLDER` writes them anew",
                     .where = first.declared});
  }
  if (!check.not_understood.empty())
    notes.push_back(
        {.kind = ErrorKind::policy,
         .code = "CL6163",
         .summary = fmt::format("{} not understood", counted(check.not_understood.size(), "thing in the manifests is",
                                                             "things in the manifests are")),
         .detail = printable(check.not_understood.front()),
         .hint = "write it by the fields that Kubernetes documents for network policies, or keep it elsewhere"});
  return notes;
}

}  // namespace

std::string_view difference_word(What what) {
  switch (what) {
    case What::more:
      return "more";
    case What::less:
      return "less";
    case What::missing:
      return "missing";
    case What::stranger:
      return "stranger";
  }
  return "";
}

ManifestCheck check_manifests(const Context& context, const fs::path& place) {
  const auto begin = std::chrono::steady_clock::now();
  auto ground = export_ground(context, {});
  ManifestCheck check{.notes = std::move(ground.notes), .sources = std::move(ground.sources)};
  if (ground.resolved) {
    auto manifests = read_all(place);
    if (manifests) {
      Checking(ground, *std::move(manifests), check).run();
      check.done = true;
      append(check.notes, notes_of(check));
    } else {
      check.notes.push_back(manifests.error());
    }
  }
  check.ending = ending_of(check.notes);
  check.milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin).count();
  return check;
}

}  // namespace cloison::ops
