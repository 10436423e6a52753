// What one value must look like, form by form.

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "core/base/ip.h"
#include "core/base/strings.h"
#include "core/topology/build.h"
#include "core/topology/image_name.h"
#include "core/topology/shape.h"
#include "core/topology/units.h"

namespace cloison::topology {

namespace {

struct FormText {
  Form form;
  std::string_view description;
  std::string_view example;
};

constexpr std::array k_forms{
    FormText{Form::text, "text", "text"},
    FormText{Form::word, "one of its words", ""},
    FormText{Form::name, "a name of a-z, 0-9 and '-'", "name-1"},
    FormText{Form::identifier, "an id such as F-001", "F-001"},
    FormText{Form::boolean, "true or false", "true"},
    FormText{Form::integer, "a whole number", "1"},
    FormText{Form::prefix, "a prefix such as 10.0.0.0/24", "10.0.0.0/24"},
    FormText{Form::cidr, "auto/24, a prefix such as 10.0.0.0/24, or none", "auto/24"},
    FormText{Form::address, "an address such as 192.0.2.1", "192.0.2.1"},
    FormText{Form::endpoint, "an address or a host name", "192.0.2.1"},
    FormText{Form::host_address, "a number such as 20, or an address", "20"},
    FormText{Form::underlay_public, "an address, dynamic or none", "dynamic"},
    FormText{Form::duration, "a duration such as 30s, 5m, 1h, 30d, 12mo, 10y", "30s"},
    FormText{Form::size, "a size such as 512M, 4G, 2T", "4G"},
    FormText{Form::processors, "a number of processors such as 2 or 0.5", "2"},
    FormText{Form::date, "a date such as 2026-12-03 or 2026-12-03T18:00", "2026-12-03"},
    FormText{Form::port, "tcp/443, udp/5000-5010, icmp/echo-request, a port's name, or any", "https"},
    FormText{Form::path, "a path such as cloud.app or lab/lyon-03.lan", "cloud.app"},
    FormText{Form::secret, "a reference: env:NAME, file:PATH or command:LINE", "env:NAME"},
    FormText{Form::reference, "text, or a reference: env:NAME, file:PATH, command:LINE", "text"},
    FormText{Form::fqdn, "a host name such as api.example.org", "api.example.org"},
    FormText{Form::image, "a container image such as registry.example/gateway:1.0@sha256:…, or without a digest",
             "registry.example/gateway:1.0"},
    FormText{Form::schedule, "a systemd calendar expression such as \"Mon..Fri 02:00\" or daily, or continuous",
             "daily"},
    FormText{Form::bastion, "an SSH destination: user@host:port", "cloison@192.0.2.1:22"},
    FormText{Form::wireguard_key, "a WireGuard public key: 32 bytes in base64, as wg pubkey prints them",
             "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg="},
    FormText{Form::country, "a country code such as FR", "FR"},
    FormText{Form::version, "the number 1", "1"},
    FormText{Form::scalar, "one value", "1"},
    FormText{Form::block, "a block of keys", "{…}"},
    FormText{Form::table, "a block of names", "{…}"},
    FormText{Form::list, "a list", "[…]"},
};

const FormText& text_of(Form form) {
  const auto* found =
      std::find_if(k_forms.begin(), k_forms.end(), [&](const FormText& one) { return one.form == form; });
  return found == k_forms.end() ? k_forms.front() : *found;
}

void refuse(Notes& notes, const YamlNode& node, std::string_view code, std::string_view what, const Shape& shape,
            std::string detail = {}, std::string hint = {}) {
  notes.add({.code = code,
             .summary = fmt::format("'{}' is no value for '{}'", node.text, what),
             .detail = detail.empty() ? fmt::format("It must be {}.", describe(shape)) : std::move(detail),
             .hint = hint.empty() ? fmt::format("write for example {}: {}", what, example_of(shape)) : std::move(hint)},
            node);
}

/// Where the mask would make another prefix of it, say which.
bool check_prefix(const Shape& shape, const YamlNode& node, std::string_view what, Notes& notes) {
  if (IpPrefix::parse(node.text)) {
    return true;
  }
  if (const auto loose = IpPrefix::parse_loose(node.text)) {
    refuse(notes, node, "CL1111", what, shape, fmt::format("The address has bits set beyond its /{}.", loose->length),
           fmt::format("write {}", loose->text()));
  } else {
    refuse(notes, node, "CL1110", what, shape);
  }
  return false;
}

bool check_word(const Shape& shape, const YamlNode& node, std::string_view what, Notes& notes) {
  if (std::find(shape.words.begin(), shape.words.end(), node.text) != shape.words.end()) {
    return true;
  }
  const std::vector<std::string> words(shape.words.begin(), shape.words.end());
  const auto near = suggestions(node.text, words);
  notes.add({.code = "CL1103",
             .summary = fmt::format("'{}' is no value for '{}'", node.text, what),
             .detail = fmt::format("It must be {}.", describe(shape)),
             .hint = fmt::format("write {}: {}", what, near.empty() ? words.front() : near.front())},
            node);
  return false;
}

bool check_name(const Shape& shape, const YamlNode& node, std::string_view what, Notes& notes) {
  if (is_name(node.text)) {
    return true;
  }
  const std::string proposed = proposed_name(node.text);
  refuse(notes, node, "CL1107", what, shape, "Names have a-z, 0-9 and '-', at most 63, no '-' first or last.",
         proposed.empty() ? "" : fmt::format("write {}: {}", what, proposed));
  return false;
}

bool is_identifier(std::string_view text) {
  return !text.empty() && text.size() <= 63 && std::all_of(text.begin(), text.end(), [](char c) {
    return is_letter_or_digit(c) || c == '-' || c == '_' || c == '.';
  });
}

bool check_number(const Shape& shape, const YamlNode& node, std::string_view what, Notes& notes) {
  const auto value = integer_of(node.text);
  if (value && *value >= shape.least && *value <= shape.most) {
    return true;
  }
  refuse(notes, node, "CL1106", what, shape, fmt::format("It goes from {} to {}.", shape.least, shape.most),
         fmt::format("write {}: {}", what, !value || *value > shape.most ? shape.most : shape.least));
  return false;
}

bool is_host_name(std::string_view text) {
  if (text.empty() || text.size() > 253) {
    return false;
  }
  for (const std::string_view label : split(text, '.')) {
    const bool good = !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
                      std::all_of(label.begin(), label.end(), [](char c) { return is_letter_or_digit(c) || c == '-'; });
    if (!good) {
      return false;
    }
  }
  return true;
}

/// "999.1.1.1" would pass for a host name.
bool looks_like_address(std::string_view text) {
  return text.find(':') != std::string_view::npos ||
         std::all_of(text.begin(), text.end(), [](char c) { return is_digit(c) || c == '.'; });
}

bool check_fqdn(const Shape& shape, const YamlNode& node, std::string_view what, Notes& notes) {
  if (is_host_name(node.text) && node.text.find('.') != std::string_view::npos && !looks_like_address(node.text)) {
    return true;
  }
  const bool wildcard = node.text.find('*') != std::string_view::npos;
  const std::string_view tail = wildcard ? node.text.substr(node.text.rfind('*') + 1) : std::string_view{};
  const std::string_view after_wildcard = tail.size() > 1 && tail[0] == '.' ? tail.substr(1) : "example.org";
  const bool address = IpPrefix::parse_loose(node.text).has_value();
  refuse(notes, node, "CL1118", what, shape,
         wildcard  ? "Names are pinned to addresses; a wildcard stands for names that nobody can list."
         : address ? "This is an address."
                   : "",
         wildcard  ? fmt::format("list the names: {}: [api.{}]", what, after_wildcard)
         : address ? fmt::format("write cidrs: [{}]", node.text)
                   : "");
  return false;
}

/// What a port in another order, case or spelling was meant to be; "" where it cannot be told.
std::string meant_port(std::string_view text) {
  std::string low = lowered(text);
  std::replace(low.begin(), low.end(), ':', '/');
  const auto slash = low.find('/');
  if (slash == std::string::npos) return {};
  std::string protocol(trimmed(std::string_view(low).substr(0, slash)));
  std::string ports(trimmed(std::string_view(low).substr(slash + 1)));
  if (!protocol.empty() && is_digit(protocol.front())) std::swap(protocol, ports);
  if (const auto dash = ports.find('-'); dash != std::string::npos && dash + 1 < ports.size()) {
    const std::string turned = ports.substr(dash + 1) + '-' + ports.substr(0, dash);
    if (TransportMatch::parse(protocol + '/' + turned)) ports = turned;
  }
  const std::string meant = protocol + '/' + ports;
  return TransportMatch::parse(meant) ? meant : std::string();
}

/// "tcp/8080,8081" as the list that was meant, with the protocol given to each; "" where it cannot be told.
std::string meant_ports(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos || text.find(',') == std::string_view::npos) return {};
  const std::string protocol(text.substr(0, slash + 1));
  std::vector<std::string> ports;
  for (const auto part : split(text, ',')) {
    const auto one = trimmed(part);
    const auto whole = one.find('/') == std::string_view::npos ? protocol + std::string(one) : std::string(one);
    if (!TransportMatch::parse(whole)) return {};
    ports.push_back(whole);
  }
  return join(ports, ", ");
}

bool check_port(const Shape& shape, const YamlNode& node, std::string_view what, Notes& notes) {
  const bool name = node.text.find('/') == std::string_view::npos && is_name(node.text);
  const bool number = name && std::all_of(node.text.begin(), node.text.end(), is_digit);
  if ((name && !number) || TransportMatch::parse(node.text)) {
    return true;
  }
  const std::string meant = meant_port(node.text);
  const std::string several = meant_ports(node.text);
  refuse(notes, node, "CL1115", what, shape,
         number             ? "A number alone does not say whether tcp or udp."
         : !several.empty() ? "Each port is an entry of its own."
                            : "",
         number             ? fmt::format("write tcp/{}", node.text)
         : !several.empty() ? fmt::format("write {}", several)
         : !meant.empty()   ? fmt::format("write {}", meant)
                            : "write a protocol and its port, for example tcp/8080; a list needs [ ]");
  return false;
}

bool check_path(const Shape& shape, const YamlNode& node, std::string_view what, Notes& notes) {
  const bool good = !node.text.empty() && std::all_of(node.text.begin(), node.text.end(), [](char c) {
    return c > ' ' && std::string_view("{}[]\"',;*").find(c) == std::string_view::npos && c != 0x7F;
  });
  if (!good) {
    refuse(notes, node, "CL1121", what, shape, "",
           node.text == "*" ? "write environments for all of them, or list what is meant" : "");
  }
  return good;
}

/// A date in the order of the users' country, or with a blank before its time, as it is written here; "" if neither.
std::string meant_date(std::string_view text) {
  std::string meant(text);
  std::replace(meant.begin(), meant.end(), ' ', 'T');
  if (parse_wall_time(meant)) return meant;
  std::string day_first(text);
  std::replace_if(day_first.begin(), day_first.end(), [](char c) { return c == '.' || c == '-'; }, '/');
  const auto parts = split(day_first, '/');
  if (parts.size() != 3 || parts[0].empty() || parts[0].size() > 2 || parts[1].empty() || parts[1].size() > 2)
    return {};
  meant = fmt::format("{}-{:0>2}-{:0>2}", parts[2], parts[1], parts[0]);
  return parse_wall_time(meant) ? meant : std::string();
}

bool check_date(const Shape& shape, const YamlNode& node, std::string_view what, Notes& notes) {
  if (!parse_wall_time(node.text)) {
    const std::string meant = meant_date(node.text);
    refuse(notes, node, "CL1113", what, shape,
           node.text.ends_with('Z') ? "Dates are in the topology's timezone; none stands behind them." : "",
           node.text.ends_with('Z') && node.text.size() >= 17
               ? fmt::format("write {}: {} (and timezone: UTC at the top)", what, node.text.substr(0, 16))
           : !meant.empty() ? fmt::format("write {}: {}", what, meant)
                            : "");
    return false;
  }
  return true;
}

bool check_quantity(const Shape& shape, const YamlNode& node, std::string_view what, Notes& notes) {
  const bool duration = shape.form == Form::duration;
  if (duration ? parse_duration(node.text).has_value() : parse_size(node.text).has_value()) {
    return true;
  }
  std::string digits(node.text.substr(0, node.text.find_first_not_of("0123456789")));
  refuse(notes, node, "CL1112", what, shape,
         duration ? "Units are s, min (or m), h, d, mo, y." : "Units are K, M, G, T: multiples of 1024.",
         digits.empty() || digits.size() > 9 ? "" : fmt::format("write {}: {}{}", what, digits, duration ? "s" : "G"));
  return false;
}

/// Digits, and perhaps a part behind the dot; more than none, at most six digits each.
bool is_processors(std::string_view text) {
  const auto digits = [](std::string_view part) {
    return !part.empty() && part.size() <= 6 && std::all_of(part.begin(), part.end(), is_digit);
  };
  const auto dot = text.find('.');
  const bool written = digits(text.substr(0, dot)) && (dot == std::string_view::npos || digits(text.substr(dot + 1)));
  return written && text.find_first_not_of("0.") != std::string_view::npos;
}

bool check_secret(const YamlNode& node, std::string_view what, Notes& notes) {
  if (is_reference(node.text)) {
    return true;
  }
  std::string name;
  for (const char c : what) {
    const bool letter = c >= 'a' && c <= 'z';
    name += letter ? static_cast<char>(c - 'a' + 'A') : (c >= 'A' && c <= 'Z') || is_digit(c) ? c : '_';
  }
  notes.add({.code = "CL1116",
             .summary = fmt::format("'{}' holds a secret", what),
             .detail = "Topologies hold references to secrets, never secrets: this file is committed and shown. Take "
                       "the value for known and replace it.",
             .hint = fmt::format("write {}: env:{} (or file:PATH, command:LINE)", what, name)},
            node);
  return false;
}

bool check_schedule(const Shape& shape, const YamlNode& node, std::string_view what, Notes& notes) {
  if (node.text == "continuous" || is_calendar(node.text)) {
    return true;
  }
  refuse(
      notes, node, "CL1123", what, shape,
      "It must be continuous, or what systemd.time(7) calls a calendar event: days of the week, a date, a time, or a "
      "word such as daily.",
      fmt::format("write for example {}: \"Mon..Fri 02:00\"; `systemd-analyze calendar` reads the same", what));
  return false;
}

bool check_image(const Shape& shape, const YamlNode& node, std::string_view what, Notes& notes) {
  if (is_image_name(node.text)) {
    return true;
  }
  const std::string low = lowered(node.text);
  refuse(notes, node, "CL1127", what, shape, "It is REGISTRY/NAME:TAG@DIGEST; names are in small letters.",
         low != node.text && is_image_name(low) ? fmt::format("write {}: {}", what, low) : "");
  return false;
}

bool check_bastion(const Shape& shape, const YamlNode& node, std::string_view what, Notes& notes) {
  const std::string_view text = node.text;
  const auto at = text.find('@');
  const std::string_view user = text.substr(0, at);
  std::string_view host = at == std::string_view::npos ? std::string_view{} : text.substr(at + 1);
  bool port = true;
  if (const auto colon = host.rfind(':'); colon != std::string_view::npos && host.find(']', colon) == host.npos) {
    const auto number = integer_of(host.substr(colon + 1));
    port = number && *number >= 1 && *number <= 65535 && host[colon + 1] != '+';
    host = host.substr(0, colon);
  }
  const bool brackets = host.size() > 2 && host.front() == '[' && host.back() == ']';
  const auto address = IpAddress::parse(brackets ? host.substr(1, host.size() - 2) : host);
  const bool place =
      address ? brackets == (address->family == Family::ipv6) : is_host_name(host) && !looks_like_address(host);
  const bool name = !user.empty() && user.size() <= 32 && user.front() != '-' &&
                    std::all_of(user.begin(), user.end(),
                                [](char c) { return is_letter_or_digit(c) || c == '_' || c == '-' || c == '.'; });
  if (name && place && port) {
    return true;
  }
  refuse(notes, node, "CL1124", what, shape,
         "It is user@host:port; the port may be left out, and an IPv6 address stands in brackets.");
  return false;
}

bool is_cidr_request(std::string_view text) {
  return text == "none" || cidr_request(text).has_value();
}

}  // namespace

std::optional<int64_t> integer_of(std::string_view text) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
  }
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && !text.empty() ? std::optional(value)
                                                                                   : std::nullopt;
}

bool is_reference(std::string_view text) {
  for (const std::string_view scheme : {"env:", "file:", "command:"}) {
    if (text.starts_with(scheme) && text.size() > scheme.size()) {
      return true;
    }
  }
  return false;
}

bool is_wireguard_key(std::string_view text) {
  constexpr std::string_view k_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  // 256 bits are 42 digits of 6 and one of which the last two bits are none
  return text.size() == 44 && text.back() == '=' &&
         text.substr(0, 43).find_first_not_of(k_digits) == std::string_view::npos && k_digits.find(text[42]) % 4 == 0;
}

bool is_secret_key(std::string_view key) {
  std::string lower = lowered(key);
  std::replace(lower.begin(), lower.end(), '-', '_');
  constexpr std::array<std::string_view, 9> k_marks{"password", "passwd",      "passphrase", "secret",    "token",
                                                    "psk",      "private_key", "api_key",    "credential"};
  return std::any_of(k_marks.begin(), k_marks.end(),
                     [&](std::string_view mark) { return lower.find(mark) != std::string::npos; });
}

std::string describe(const Shape& shape) {
  if (shape.form == Form::word) {
    return shape.words.size() == 1 ? fmt::format("the word {}", shape.words[0])
                                   : fmt::format("one of {}", fmt::join(shape.words, ", "));
  }
  if (shape.form == Form::integer) {
    return fmt::format("a whole number from {} to {}", shape.least, shape.most);
  }
  if (shape.form == Form::one_or_list) {
    return fmt::format("{}, or a list of such", describe(*shape.item));
  }
  if (shape.form == Form::either) {
    std::vector<std::string> parts;
    for (const Shape* one : shape.alternatives) {
      parts.push_back(describe(*one));
    }
    return join(parts, ", or ");
  }
  if (shape.form == Form::block) {
    std::vector<std::string> keys;
    for (const Key& key : shape.keys) {
      keys.emplace_back(key.name);
    }
    const bool many = keys.size() > 6;
    keys.resize(std::min<std::size_t>(keys.size(), 6));
    return fmt::format("a block with keys such as {}{}", join(keys, ", "), many ? "…" : "");
  }
  return std::string(text_of(shape.form).description);
}

std::string example_of(const Shape& shape) {
  switch (shape.form) {
    case Form::word:
      return std::string(shape.words.front());
    case Form::list: {
      if (shape.item == nullptr) return "[]";
      const std::vector<std::string> items(std::max<std::size_t>(1, shape.least_items), example_of(*shape.item));
      return fmt::format("[{}]", join(items, ", "));
    }
    case Form::one_or_list:
      return example_of(*shape.item);
    case Form::either:
      return example_of(*shape.alternatives.front());
    default:
      return std::string(text_of(shape.form).example);
  }
}

bool check_content(const Shape& shape, const YamlNode& node, std::string_view what, Notes& notes) {
  const std::string_view text = node.text;
  const auto address = [&](bool good) {
    if (!good) {
      refuse(notes, node, "CL1110", what, shape);
    }
    return good;
  };
  switch (shape.form) {
    case Form::word:
      return check_word(shape, node, what, notes);
    case Form::name:
      return check_name(shape, node, what, notes);
    case Form::identifier:
      if (!is_identifier(text)) {
        refuse(notes, node, "CL1107", what, shape, "Ids have letters, digits, '-', '_' and '.', at most 63.");
        return false;
      }
      return true;
    case Form::integer:
      return check_number(shape, node, what, notes);
    case Form::prefix:
      return check_prefix(shape, node, what, notes);
    case Form::cidr:
      return is_cidr_request(text) || check_prefix(shape, node, what, notes);
    case Form::address:
      return address(IpAddress::parse(text).has_value());
    case Form::endpoint:
      return address(IpAddress::parse(text).has_value() || (is_host_name(text) && !looks_like_address(text)));
    case Form::host_address: {
      const auto number = integer_of(text);
      return address(number ? *number > 0 : IpAddress::parse(text).has_value());
    }
    case Form::underlay_public:
      return address(text == "dynamic" || text == "none" || IpAddress::parse(text).has_value());
    case Form::duration:
    case Form::size:
      return check_quantity(shape, node, what, notes);
    case Form::processors:
      if (!is_processors(text)) {
        refuse(notes, node, "CL1106", what, shape, fmt::format("It must be {}.", describe(shape)));
        return false;
      }
      return true;
    case Form::date:
      return check_date(shape, node, what, notes);
    case Form::port:
      return check_port(shape, node, what, notes);
    case Form::path:
      return check_path(shape, node, what, notes);
    case Form::secret:
      return check_secret(node, what, notes);
    case Form::fqdn:
      return check_fqdn(shape, node, what, notes);
    case Form::schedule:
      return check_schedule(shape, node, what, notes);
    case Form::image:
      return check_image(shape, node, what, notes);
    case Form::bastion:
      return check_bastion(shape, node, what, notes);
    case Form::wireguard_key:
      if (!is_wireguard_key(text)) {
        refuse(notes, node, "CL1125", what, shape);
        return false;
      }
      return true;
    case Form::country:
      if (text.size() != 2 || !std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; })) {
        refuse(notes, node, "CL1119", what, shape, "Countries are ISO 3166 codes of two capital letters.");
        return false;
      }
      return true;
    case Form::version:
      if (text != "1") {
        refuse(notes, node, "CL1117", what, shape, "This program reads version 1 of the language.", "write cloison: 1");
        return false;
      }
      return true;
    default:
      return true;
  }
}

}  // namespace cloison::topology
