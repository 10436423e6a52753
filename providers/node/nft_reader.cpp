#include "providers/node/nft_reader.h"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "providers/node/nft_words.h"

namespace cloison::node {

namespace {

template <class Number>
using Ranges = std::optional<std::vector<Interval<Number>>>;  // nothing: any

/// Of what has matched so far and what comes in addition, only the common part is left.
template <class Number>
void narrow(Ranges<Number>& ranges, const std::vector<Interval<Number>>& by) {
  if (!ranges) {
    ranges = by;
    return;
  }
  std::vector<Interval<Number>> both;
  for (const auto& a : *ranges)
    for (const auto& b : by)
      if (a.overlaps(b)) both.push_back({std::max(a.first, b.first), std::min(a.last, b.last)});
  ranges = std::move(both);
}

/// What a rule does in the end, whatever its chain is for.
enum class Verdict : uint8_t { none, accept, drop, jump, source, destination, masquerade };

struct Read {
  RuleMatch match{};
  Verdict verdict = Verdict::none;
  std::string target{};
  IpPrefix to{};
  bool by_offset = false;
  bool logs = false;
};

class RuleReader {
 public:
  RuleReader(std::string_view text, const NftContext& context) : context_(context) { read_.match.text = text; }

  /// Nothing, with the words that are not known in `why`, where the rule cannot be read.
  std::optional<Read> read(std::string& why) {
    auto words = nft_words(read_.match.text);
    if (!words) {
      why = read_.match.text;
      return std::nullopt;
    }
    words_ = *std::move(words);
    while (at_ < words_.size()) {
      const auto begun = at_;
      if (statement()) continue;
      why = begun < words_.size() ? words_[begun].text : "";
      if (begun + 1 < words_.size()) why += ' ' + words_[begun + 1].text;
      return std::nullopt;
    }
    add_boxes();
    return std::move(read_);
  }

 private:
  // --- Words -------------------------------------------------------------------------------------------------------
  [[nodiscard]] bool next_is(std::string_view word) const {
    return at_ < words_.size() && !words_[at_].quoted && words_[at_].text == word;
  }
  bool take(std::string_view word) {
    if (!next_is(word)) return false;
    ++at_;
    return true;
  }
  /// "" at the end.
  std::string any() { return at_ < words_.size() ? words_[at_++].text : std::string(); }

  struct Values {
    std::vector<std::string> all{};
    bool inverted = false;
  };
  /// One value, or several in braces, or the elements of a named set; with "!=" before them, all others.
  std::optional<Values> values() {
    Values values{.inverted = take("!=")};
    if (take("{")) {
      while (at_ < words_.size() && !take("}"))
        if (auto one = any(); one != ",") values.all.push_back(std::move(one));
      return values;
    }
    if (at_ >= words_.size()) return std::nullopt;
    auto one = any();
    if (!one.starts_with('@')) {
      values.all.push_back(std::move(one));
      // "new,established" is one value for a reader of states.
      while (take(",")) values.all.push_back(any());
      return values;
    }
    const auto set = context_.sets.find(std::string_view(one).substr(1));
    if (set == context_.sets.end()) return std::nullopt;
    values.all = set->second;
    return values;
  }

  // --- Statements --------------------------------------------------------------------------------------------------
  bool statement() {
    const auto word = any();
    if (word == "iifname" || word == "iif") return interface(read_.match.in);
    if (word == "oifname" || word == "oif") return interface(read_.match.out);
    if (word == "ip") return address_field(Family::ipv4);
    if (word == "ip6") return address_field(Family::ipv6);
    if (word == "meta") return meta();
    if (word == "tcp") return ports(protocol::k_tcp);
    if (word == "udp") return ports(protocol::k_udp);
    if (word == "sctp") return ports(protocol::k_sctp);
    if (word == "icmp") return icmp(Family::ipv4);
    if (word == "icmpv6") return icmp(Family::ipv6);
    if (word == "ct") return tracked();
    if (word == "fib") return local();
    if (word == "comment") {
      read_.match.label = any();
      return true;
    }
    return verdict(word) || aside(word);
  }

  bool interface(InterfaceMatch& match) {
    const auto found = values();
    if (!found || !match.names.empty()) return false;
    for (const auto& name : found->all)
      if (name.find('*') != std::string::npos) return false;
    match = {found->all, found->inverted};
    return !found->all.empty();
  }

  bool address_field(Family family) {
    only(family);
    const auto field = any();
    if (field == "ttl" || field == "hoplimit" || field == "dscp" || field == "length") return sometimes();
    if (field == "protocol" || field == "nexthdr") return protocols();
    if (field != "saddr" && field != "daddr") return false;
    const auto found = values();
    if (!found) return false;
    std::vector<Interval<uint128>> ranges;
    for (const auto& text : found->all) {
      const auto range = nft_addresses(text);
      if (!range || range->first != family) return false;
      ranges.push_back(range->second);
    }
    const auto all = PacketBox::all(family).source;
    narrow(field == "saddr" ? source_ : destination_, found->inverted ? complement(ranges, all) : ranges);
    return true;
  }

  bool meta() {
    const auto field = any();
    if (field == "l4proto") return protocols();
    if (field == "nfproto") {
      const auto family = any();  // or its number (NFPROTO of the kernel)
      const bool four = family == "ipv4" || family == "2";
      if (!four && family != "ipv6" && family != "10") return false;
      only(four ? Family::ipv4 : Family::ipv6);
      return true;
    }
    if (field == "iifname" || field == "iif") return interface(read_.match.in);
    if (field == "oifname" || field == "oif") return interface(read_.match.out);
    if (field == "time" || field == "hour" || field == "day" || field == "mark") return sometimes();
    return false;
  }

  bool protocols() {
    const auto found = values();
    if (!found) return false;
    std::vector<Interval<uint8_t>> ranges;
    for (const auto& text : found->all) {
      const auto number = nft_protocol(text);
      if (!number) return false;
      ranges.push_back({*number, *number});
    }
    narrow(protocol_, found->inverted ? complement<uint8_t>(ranges, {0, 255}) : ranges);
    return true;
  }

  bool ports(uint8_t number) {
    narrow<uint8_t>(protocol_, {{number, number}});
    const auto field = any();
    // The size that a connection announces is changed, and decides nothing.
    if (field == "option") {
      while (at_ < words_.size()) ++at_;
      return true;
    }
    if (field == "flags") {
      const auto found = values();
      return found.has_value() && sometimes_matched();
    }
    if (field != "dport" && field != "sport") return false;
    const auto found = values();
    if (!found) return false;
    std::vector<Interval<uint16_t>> ranges;
    for (const auto& text : found->all) {
      const auto range = nft_ports(text);
      if (!range) return false;
      ranges.push_back(*range);
    }
    narrow(field == "dport" ? service_ : source_port_,
           found->inverted ? complement<uint16_t>(ranges, {0, 65535}) : ranges);
    return true;
  }

  bool icmp(Family family) {
    only(family);
    const auto number = family == Family::ipv4 ? protocol::k_icmp : protocol::k_icmpv6;
    narrow<uint8_t>(protocol_, {{number, number}});
    const auto field = any();
    const auto found = values();
    if (!found || (field != "type" && field != "code")) return false;
    std::vector<Interval<uint16_t>> ranges;
    for (const auto& text : found->all) {
      const auto value = field == "type" ? nft_icmp_type(text, family) : nft_protocol(text);
      if (!value) return false;
      if (field == "type") {
        ranges.push_back({static_cast<uint16_t>(*value * 256), static_cast<uint16_t>(*value * 256 + 255)});
      } else {
        for (unsigned type = 0; type < 256; ++type)
          ranges.push_back({static_cast<uint16_t>(type * 256 + *value), static_cast<uint16_t>(type * 256 + *value)});
      }
    }
    narrow(service_, found->inverted ? complement<uint16_t>(ranges, {0, 65535}) : ranges);
    return true;
  }

  bool tracked() {
    const auto field = any();
    if (field != "state") return false;
    const auto found = values();
    if (!found || found->inverted) return false;
    bool fresh = false, established = false;
    for (const auto& state : found->all) {
      // By name or by its bit (IP_CT of the kernel), as it is asked for. What is related is an error about a
      // connection, or one that a helper expects: nobody gets to begin one by it.
      if (state == "new" || state == "0x8" || state == "untracked" || state == "0x40") {
        fresh = true;
      } else if (state == "established" || state == "0x2" || state == "related" || state == "0x4") {
        established = true;
      } else if (state != "invalid" && state != "0x1") {
        return false;
      }
    }
    read_.match.fresh = read_.match.fresh && fresh;
    read_.match.established = read_.match.established && established;
    return true;
  }

  /// "fib daddr . iif type local": what is for the device itself.
  bool local() {
    if (!take("daddr")) return false;
    if (take(".") && !take("iif")) return false;
    if (!take("type") || !take("local")) return false;
    locally_ = true;
    return true;
  }

  bool verdict(const std::string& word) {
    if (word == "accept") return ends(Verdict::accept);
    if (word == "drop") return ends(Verdict::drop);
    if (word == "reject") {
      // How it is refused says also of what the rule is: nft leaves out what that implies.
      if (take("with")) {
        const auto how = any();
        if (how == "icmp") only(Family::ipv4);
        if (how == "icmpv6") only(Family::ipv6);
        if (how == "tcp") narrow<uint8_t>(protocol_, {{protocol::k_tcp, protocol::k_tcp}});
        take("type");
        any();
      }
      return ends(Verdict::drop);
    }
    if (word == "jump") {
      read_.target = any();
      return ends(Verdict::jump);
    }
    if (word == "masquerade") return ends(Verdict::masquerade);
    if (word != "dnat" && word != "snat") return false;
    if (take("ip")) only(Family::ipv4);
    if (take("ip6")) only(Family::ipv6);
    read_.by_offset = take("prefix");
    if (!take("to")) return false;
    const auto to = IpPrefix::parse(any());
    if (!to) return false;
    only(to->family());
    read_.to = *to;
    return ends(word == "dnat" ? Verdict::destination : Verdict::source);
  }

  bool ends(Verdict verdict) {
    if (read_.verdict != Verdict::none) return false;
    read_.verdict = verdict;
    return true;
  }

  /// What has no part in what passes.
  bool aside(const std::string& word) {
    if (word == "counter") {
      if (take("name")) any();
      if (take("packets")) any();
      if (take("bytes")) any();
      return true;
    }
    if (word == "log") {
      read_.logs = true;
      while (next_is("prefix") || next_is("level") || next_is("group") || next_is("flags")) at_ += 2;
      return true;
    }
    if (word != "limit") return false;
    // "rate 10/second burst 20 packets"
    if (!take("rate")) return false;
    take("over");
    any();
    if (next_is("bytes/second") || next_is("kbytes/second") || next_is("mbytes/second")) any();
    if (take("burst")) {
      any();
      any();
    }
    return sometimes_matched();
  }

  /// A condition with its value that no packet here shows.
  bool sometimes() {
    static constexpr std::array<std::string_view, 5> k_operators{"<", ">", "<=", ">=", "=="};
    if (at_ < words_.size() && std::find(k_operators.begin(), k_operators.end(), words_[at_].text) != k_operators.end())
      ++at_;
    return values().has_value() && sometimes_matched();
  }
  bool sometimes_matched() {
    read_.match.presence = Presence::maybe;
    return true;
  }

  // --- Boxes -------------------------------------------------------------------------------------------------------
  void only(Family family) { (family == Family::ipv4 ? ipv6_ : ipv4_) = false; }

  void add_boxes() {
    for (const auto family : {Family::ipv4, Family::ipv6}) {
      if (family == Family::ipv4 ? !ipv4_ : !ipv6_) continue;
      const auto all = PacketBox::all(family);
      auto destinations = merged(destination_.value_or(std::vector{all.destination}));
      if (locally_) {
        std::vector<Interval<uint128>> own;
        for (const auto& address : context_.local)
          if (address.family == family) own.push_back({address.bits, address.bits});
        Ranges<uint128> both = destinations;
        narrow(both, own);
        destinations = *both;
      }
      for (const auto& source : merged(source_.value_or(std::vector{all.source})))
        for (const auto& destination : destinations) add_services({family, source, destination});
    }
  }
  void add_services(const PacketBox& ends) {
    for (const auto& protocol : protocol_.value_or(std::vector<Interval<uint8_t>>{{0, 255}}))
      for (const auto& source_port : source_port_.value_or(std::vector<Interval<uint16_t>>{{0, 65535}}))
        for (const auto& service : service_.value_or(std::vector<Interval<uint16_t>>{{0, 65535}})) {
          auto box = ends;
          box.protocol = protocol, box.source_port = source_port, box.service = service;
          read_.match.packets.push_back(box);
        }
  }

  const NftContext& context_;
  Read read_{};
  std::vector<NftWord> words_{};
  std::size_t at_ = 0;
  bool ipv4_ = true, ipv6_ = true, locally_ = false;
  Ranges<uint128> source_{}, destination_{};
  Ranges<uint8_t> protocol_{};
  Ranges<uint16_t> source_port_{}, service_{};
};

/// Calls `use` with each rule that has a verdict or writes to a log, and names those that cannot be read.
template <class Use>
void each_rule(std::string_view chain, const std::vector<std::string>& rules, const NftContext& context,
               std::vector<Unmodelled>& unknown, Use use) {
  for (std::size_t number = 0; number < rules.size(); ++number) {
    std::string why;
    auto read = RuleReader(rules[number], context).read(why);
    const bool idle = read && read->verdict == Verdict::none && !read->logs;
    if (read && (idle || use(*read))) continue;
    unknown.push_back(
        {.what = fmt::format("rule {} of {}: '{}'", number + 1, chain, printable(read ? rules[number] : why))});
  }
}

/// "dnat prefix to": the bits behind the prefix's length stay as they are. That is the offset in what the rule matches
/// where this is one prefix as long; of anything else it is not.
bool is_one_to_one(const Read& read) {
  const auto end = read.verdict == Verdict::source ? &PacketBox::source : &PacketBox::destination;
  const auto whole = interval_of(read.to);
  return std::all_of(read.match.packets.begin(), read.match.packets.end(), [&](const PacketBox& box) {
    const auto& range = box.*end;
    return range == (read.match.packets.front().*end) && range.last - range.first == whole.last - whole.first &&
           (range.first & (whole.last - whole.first)) == 0;
  });
}

/// Whether every packet that comes so far meets it, a rate apart.
bool meets_all(const RuleMatch& match) {
  const auto whole = [](Family family) {
    return [all = PacketBox::all(family)](const PacketBox& box) { return box == all; };
  };
  const auto& boxes = match.packets;
  return std::any_of(boxes.begin(), boxes.end(), whole(Family::ipv4)) &&
         std::any_of(boxes.begin(), boxes.end(), whole(Family::ipv6)) && match.in == InterfaceMatch{} &&
         match.out == InterfaceMatch{};
}

}  // namespace

std::map<std::string, std::vector<std::string>, std::less<>> nft_sets(const std::vector<std::string>& lines) {
  std::map<std::string, std::vector<std::string>, std::less<>> sets;
  for (const auto& line : lines) {
    const auto words = split(line, ' ');
    if (words.size() >= 2) sets.emplace(words[0], std::vector<std::string>(words.begin() + 2, words.end()));
  }
  return sets;
}

FilterChain read_filter(std::string_view chain, const std::vector<std::string>& rules, const NftContext& context,
                        std::vector<Unmodelled>& unknown) {
  FilterChain filter{.name = std::string(chain)};
  each_rule(chain, rules, context, unknown, [&](Read& read) {
    if (read.verdict == Verdict::none) {
      if (meets_all(read.match)) filter.logged_from = std::min(filter.logged_from, filter.rules.size());
      return true;
    }
    FilterRule rule;
    rule.match = std::move(read.match);
    if (read.verdict == Verdict::accept)
      rule.action = FilterRule::Action::accept;
    else if (read.verdict == Verdict::drop)
      rule.action = FilterRule::Action::drop;
    else if (read.verdict == Verdict::jump)
      rule.action = FilterRule::Action::jump;
    else
      return false;
    rule.target = std::move(read.target);
    filter.rules.push_back(std::move(rule));
    return true;
  });
  return filter;
}

TranslationChain read_translation(std::string_view chain, const std::vector<std::string>& rules,
                                  const NftContext& context, std::vector<Unmodelled>& unknown) {
  TranslationChain translation{.name = std::string(chain)};
  each_rule(chain, rules, context, unknown, [&](Read& read) {
    if (read.verdict == Verdict::none) return true;
    if (read.by_offset && !is_one_to_one(read)) return false;
    TranslationRule rule;
    rule.match = std::move(read.match);
    using Action = TranslationRule::Action;
    if (read.verdict == Verdict::accept)
      rule.action = Action::keep;
    else if (read.verdict == Verdict::source)
      rule.action = Action::source;
    else if (read.verdict == Verdict::destination)
      rule.action = Action::destination;
    else if (read.verdict == Verdict::masquerade)
      rule.action = Action::masquerade;
    else
      return false;
    rule.to = read.to;
    rule.by_offset = read.by_offset;
    translation.rules.push_back(std::move(rule));
    return true;
  });
  return translation;
}

}  // namespace cloison::node
