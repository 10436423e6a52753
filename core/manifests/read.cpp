// Manifests as text -> what they say. Strict where packets are concerned: a field that is not known here makes its
// policy unknown, never wider or narrower than it is.

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <sstream>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include "core/base/strings.h"
#include "core/manifests/manifests.h"

namespace cloison::manifests {

namespace {

/// Something that no cluster would take, or that is not understood here.
struct NotUnderstood {
  std::string what{};
};

std::string text_of(const YAML::Node& node) {
  return node.IsDefined() && node.IsScalar() ? node.Scalar() : std::string();
}
bool is_absent(const YAML::Node& node) {
  return !node.IsDefined() || node.IsNull();
}

/// A text, quoted or one that is no number; as the API takes an IntOrString.
bool is_quoted(const YAML::Node& node) {
  return node.Tag() == "!";
}

std::optional<uint16_t> number_of(const YAML::Node& node) {
  const auto& text = node.Scalar();
  uint16_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc{} && end == text.data() + text.size() && !text.empty() &&
                     (text.front() != '0' || text.size() == 1);
  return whole && !is_quoted(node) ? std::optional(number) : std::nullopt;
}

/// Of a key that is there twice, one reader takes the first and another the last.
void once(const YAML::Node& map) {
  std::set<std::string> keys;
  for (const auto& entry : map)
    if (!keys.insert(text_of(entry.first)).second)
      throw NotUnderstood{fmt::format("'{}' stands there twice", printable(text_of(entry.first)))};
}

void only_keys(const YAML::Node& node, std::initializer_list<std::string_view> keys, std::string_view what) {
  if (!node.IsMap()) throw NotUnderstood{fmt::format("{} is no map", what)};
  once(node);
  for (const auto& entry : node)
    if (std::find(keys.begin(), keys.end(), text_of(entry.first)) == keys.end())
      throw NotUnderstood{fmt::format("'{}' of {}", printable(text_of(entry.first)), what)};
}

Labels labels_of(const YAML::Node& node) {
  Labels labels;
  if (!node.IsDefined() || !node.IsMap()) return labels;
  once(node);
  for (const auto& entry : node) labels.emplace(text_of(entry.first), text_of(entry.second));
  return labels;
}

/// Parts of a policy. An alias may stand for a long list in many places, so that what is read has a bound of its own.
class Parts {
 public:
  template <class Use>
  void each(const YAML::Node& node, std::string_view what, const Use& use) {
    if (is_absent(node)) return;
    if (!node.IsSequence()) throw NotUnderstood{fmt::format("{} is no list", what)};
    for (const auto& item : node) {
      if (left_ == 0) throw NotUnderstood{fmt::format("more than {} entries", k_most_entries)};
      --left_;
      use(item);
    }
  }

  LabelRequirement requirement_of(const YAML::Node& node) {
    using Operator = LabelRequirement::Operator;
    only_keys(node, {"key", "operator", "values"}, "a label's requirement");
    LabelRequirement made{.key = text_of(node["key"])};
    const auto word = text_of(node["operator"]);
    made.how = word == "In"             ? Operator::in
               : word == "NotIn"        ? Operator::not_in
               : word == "Exists"       ? Operator::exists
               : word == "DoesNotExist" ? Operator::does_not_exist
                                        : throw NotUnderstood{fmt::format("operator '{}'", printable(word))};
    each(node["values"], "values", [&](const YAML::Node& value) { made.values.push_back(text_of(value)); });
    const bool wants_values = made.how == Operator::in || made.how == Operator::not_in;
    if (made.key.empty() || made.values.empty() == wants_values) throw NotUnderstood{"a label's requirement"};
    return made;
  }

  LabelSelector selector_of(const YAML::Node& node) {
    only_keys(node, {"matchLabels", "matchExpressions"}, "a selector");
    LabelSelector made;
    if (const auto labels = node["matchLabels"]; !is_absent(labels)) {
      if (!labels.IsMap()) throw NotUnderstood{"matchLabels is no map"};
      for (const auto& [key, value] : labels_of(labels)) made.requirements.push_back({.key = key, .values = {value}});
    }
    each(node["matchExpressions"], "matchExpressions",
         [&](const YAML::Node& one) { made.requirements.push_back(requirement_of(one)); });
    return made;
  }

  static IpPrefix prefix_of(const YAML::Node& node) {
    const auto text = text_of(node);
    const auto prefix = text.find('/') == std::string::npos ? std::nullopt : IpPrefix::parse_loose(text);
    return prefix ? *prefix : throw NotUnderstood{fmt::format("block '{}'", printable(text))};
  }

  PolicyPeer peer_of(const YAML::Node& node) {
    only_keys(node, {"ipBlock", "podSelector", "namespaceSelector"}, "a peer");
    PolicyPeer made;
    const auto block = node["ipBlock"], pods = node["podSelector"], spaces = node["namespaceSelector"];
    if (!is_absent(pods)) made.pods = selector_of(pods);
    if (!is_absent(spaces)) made.namespaces = selector_of(spaces);
    if (is_absent(block) == (!made.pods && !made.namespaces))
      throw NotUnderstood{"a peer that is not exactly one thing"};
    if (is_absent(block)) return made;
    only_keys(block, {"cidr", "except"}, "a block");
    made.block = prefix_of(block["cidr"]);
    each(block["except"], "except", [&](const YAML::Node& one) {
      made.except.push_back(prefix_of(one));
      if (!made.block->contains(made.except.back())) throw NotUnderstood{"an exception outside of its block"};
    });
    return made;
  }

  PolicyPort port_of(const YAML::Node& node) {
    only_keys(node, {"protocol", "port", "endPort"}, "a port");
    PolicyPort made;
    if (const auto protocol = node["protocol"]; !is_absent(protocol)) {
      const auto word = text_of(protocol);
      made.protocol = word == "TCP"    ? protocol::k_tcp
                      : word == "UDP"  ? protocol::k_udp
                      : word == "SCTP" ? protocol::k_sctp
                                       : throw NotUnderstood{fmt::format("protocol '{}'", printable(word))};
    }
    const auto port = node["port"], last = node["endPort"];
    if (!is_absent(port)) {
      const auto number = port.IsScalar() ? number_of(port) : std::nullopt;
      const auto name = text_of(port);
      if (number && *number != 0)
        made.port = *number;
      else if (std::any_of(name.begin(), name.end(), is_letter))
        made.port = name;
      else
        throw NotUnderstood{fmt::format("port '{}'", printable(name))};
    }
    if (is_absent(last)) return made;
    made.last = last.IsScalar() ? number_of(last) : std::nullopt;
    const auto* first = std::get_if<uint16_t>(&made.port);
    if (!made.last || first == nullptr || *made.last < *first) throw NotUnderstood{"a range of ports"};
    return made;
  }

  std::vector<PolicyRule> rules_of(const YAML::Node& node, std::string_view peers, std::string_view what) {
    std::vector<PolicyRule> rules;
    each(node, what, [&](const YAML::Node& one) {
      PolicyRule made;
      if (!one.IsNull()) {
        only_keys(one, {peers, "ports"}, "a rule");
        each(one[std::string(peers)], peers, [&](const YAML::Node& peer) { made.peers.push_back(peer_of(peer)); });
        each(one["ports"], "ports", [&](const YAML::Node& port) { made.ports.push_back(port_of(port)); });
      }
      rules.push_back(std::move(made));
    });
    return rules;
  }

 private:
  static constexpr std::size_t k_most_entries = 2'000'000;
  std::size_t left_ = k_most_entries;
};

class Reading {
 public:
  Reading(const std::string& file, Manifests& into) : file_(file), into_(into) {}

  void object(const YAML::Node& node, unsigned depth = 0) {
    constexpr unsigned k_deepest = 4;  // lists in lists; one may hold itself
    if (is_absent(node)) return;       // an empty document
    if (depth > k_deepest) return unknown("", "lists in lists");
    const auto api = node.IsMap() ? text_of(node["apiVersion"]) : std::string();
    const auto kind = node.IsMap() ? text_of(node["kind"]) : std::string();
    if (kind.empty()) return unknown("", "a document that is no object");
    if (kind == "List") {
      if (const auto items = node["items"]; items.IsDefined() && items.IsSequence())
        for (const auto& item : items) object(item, depth + 1);
      return;
    }
    ++into_.objects;
    try {
      about(kind, api, node);
    } catch (const NotUnderstood& why) {
      unknown(name_.empty() ? std::string() : space_ + '/' + name_, why.what);
    }
  }

 private:
  void about(const std::string& kind, const std::string& api, const YAML::Node& node) {
    const auto metadata = node["metadata"];
    const bool has = metadata.IsDefined() && metadata.IsMap();
    name_ = has ? text_of(metadata["name"]) : std::string();
    space_ = has ? text_of(metadata["namespace"]) : std::string();
    if (space_.empty()) space_ = "default";
    once(node);
    if (has) once(metadata);
    if (kind == "Namespace" && api == "v1")
      into_.namespaces[name_] = has ? labels_of(metadata["labels"]) : Labels{};
    else if (kind == "NetworkPolicy" && api == "networking.k8s.io/v1")
      policy(node["spec"]);
    else if (kind.find("NetworkPolicy") != std::string::npos || kind.find("AuthorizationPolicy") != std::string::npos)
      throw NotUnderstood{fmt::format("{} of {}", printable(kind), printable(api))};
    else
      maker_of_pods(kind, node);
  }

  void unknown(const std::string& address, std::string what) {
    into_.unknown.push_back({address.empty() ? file_ : address, std::move(what)});
  }

  void policy(const YAML::Node& spec) {
    NetworkPolicy made{.name_space = space_, .name = name_};
    if (is_absent(spec)) throw NotUnderstood{"a policy without 'spec'"};
    only_keys(spec, {"podSelector", "policyTypes", "ingress", "egress"}, "the policy");
    if (const auto pods = spec["podSelector"]; !is_absent(pods)) made.pods = parts_.selector_of(pods);
    made.in = parts_.rules_of(spec["ingress"], "from", "ingress");
    made.out = parts_.rules_of(spec["egress"], "to", "egress");
    made.egress = !made.out.empty();
    if (const auto types = spec["policyTypes"]; !is_absent(types) && types.size() > 0) {
      made.ingress = made.egress = false;
      parts_.each(types, "policyTypes", [&](const YAML::Node& type) {
        const auto word = text_of(type);
        if (word != "Ingress" && word != "Egress") throw NotUnderstood{fmt::format("type '{}'", printable(word))};
        (word == "Ingress" ? made.ingress : made.egress) = true;
      });
    }
    into_.policies.push_back(std::move(made));
  }

  void maker_of_pods(const std::string& kind, const YAML::Node& node) {
    constexpr std::array<std::string_view, 6> k_with_template{"Deployment", "StatefulSet", "DaemonSet",
                                                              "ReplicaSet", "Job",         "ReplicationController"};
    if (std::find(k_with_template.begin(), k_with_template.end(), kind) != k_with_template.end())
      pods(kind, child(child(node, "spec"), "template"));
    else if (kind == "CronJob")
      pods(kind, child(child(child(child(node, "spec"), "jobTemplate"), "spec"), "template"));
    else if (kind == "Pod")
      pods(kind, node);
  }
  static YAML::Node child(const YAML::Node& node, const char* key) {
    if (!node.IsDefined() || !node.IsMap() || !node[key].IsDefined())
      throw NotUnderstood{fmt::format("pods without '{}'", key)};
    return node[key];
  }

  void pods(const std::string& kind, const YAML::Node& made) {
    PodSet set{.name_space = space_, .kind = kind, .name = name_};
    const auto spec = child(made, "spec"), metadata = made["metadata"];
    if (metadata.IsDefined() && metadata.IsMap()) {
      once(metadata);
      set.labels = labels_of(metadata["labels"]);
      set.annotations = labels_of(metadata["annotations"]);
    }
    if (!spec.IsMap()) throw NotUnderstood{"pods without 'spec'"};
    if (text_of(spec["hostNetwork"]) == "true") unknown(set.path(), "hostNetwork: policies do not bind its pods");
    for (const char* key : {"containers", "initContainers"})
      parts_.each(spec[key], key, [&](const YAML::Node& container) { named_ports(container, set); });
    into_.pods.push_back(std::move(set));
  }
  void named_ports(const YAML::Node& container, PodSet& set) {
    if (!container.IsMap()) throw NotUnderstood{"a container that is no map"};
    parts_.each(container["ports"], "ports", [&](const YAML::Node& port) {
      if (!port.IsMap()) throw NotUnderstood{"a container's port"};
      const auto name = text_of(port["name"]), word = text_of(port["protocol"]);
      const auto number = port["containerPort"].IsDefined() && port["containerPort"].IsScalar()
                              ? number_of(port["containerPort"])
                              : std::nullopt;
      const auto protocol = word == "UDP" ? protocol::k_udp : word == "SCTP" ? protocol::k_sctp : protocol::k_tcp;
      if (!name.empty() && number) set.ports.emplace(std::pair(protocol, name), *number);
    });
  }

  const std::string& file_;
  Manifests& into_;
  Parts parts_{};
  std::string name_{}, space_{};
};

}  // namespace

bool LabelSelector::matches(const Labels& labels) const {
  using Operator = LabelRequirement::Operator;
  return std::all_of(requirements.begin(), requirements.end(), [&](const LabelRequirement& one) {
    const auto found = labels.find(one.key);
    const bool there = found != labels.end();
    const bool among = there && std::find(one.values.begin(), one.values.end(), found->second) != one.values.end();
    switch (one.how) {
      case Operator::in:
        return among;
      case Operator::not_in:
        return !among;
      case Operator::exists:
        return there;
      case Operator::does_not_exist:
        return !there;
    }
    return false;
  });
}

namespace {

/// Where a document begins with a comma, yaml-cpp 0.7 finds empty ones there without end.
class CountsDocuments final : public YAML::EventHandler {
 public:
  explicit CountsDocuments(std::size_t most) : left_(most) {}
  void OnDocumentStart(const YAML::Mark& mark) override {
    if (left_-- == 0) throw YAML::ParserException(mark, "a document begins with what no document begins with");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}

 private:
  std::size_t left_;
};

/// Throws what yaml-cpp throws. Each document but the first has a line of its own before it.
void check_documents(const std::string& text) {
  std::size_t most = 1;
  for (const auto line : split(text, '\n'))
    if (line.starts_with("---") || line.starts_with("...")) ++most;
  CountsDocuments counts(most);
  std::istringstream stream(text);
  YAML::Parser parser(stream);
  while (parser.HandleNextDocument(counts)) {
  }
}

}  // namespace

Result<void> read(const std::string& file, const std::string& text, Manifests& into) {
  const auto refuse = [&](const std::string& why) {
    return fail(
        {.kind = ErrorKind::usage,
         .code = "CL6164",
         .summary = fmt::format("{} holds no manifests", printable(file)),
         .detail = why,
         .hint = "name a folder or file of YAML documents, such as `cloison export kubernetes --out FOLDER` writes"});
  };
  if (!is_valid_utf8(text)) return refuse("It is not UTF-8.");
  try {
    check_documents(text);
    Reading reading(file, into);
    for (const auto& document : YAML::LoadAll(text)) reading.object(document);
  } catch (const YAML::Exception& error) {
    return refuse(fmt::format("Line {}: {}", error.mark.line + 1, printable(error.msg)));
  }
  return {};
}

}  // namespace cloison::manifests
