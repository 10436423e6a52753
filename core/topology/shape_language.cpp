// The table itself. Order of keys is the order of the documentation.

#include "core/topology/shape.h"

namespace cloison::topology {

const Key* Shape::key(std::string_view name) const {
  for (const Key& one : keys) {
    if (one.name == name) {
      return &one;
    }
  }
  return nullptr;
}

class LanguageWriter {
 public:
  Language write();

 private:
  using Keys = std::vector<Key>;
  using Words = std::vector<std::string_view>;

  const Shape* add(Shape shape) { return &language_.shapes_.emplace_back(std::move(shape)); }
  const Shape* scalar(Form form) { return add({.form = form}); }
  const Shape* words(Words list) { return add({.form = Form::word, .words = std::move(list)}); }
  const Shape* integer(int64_t least, int64_t most) {
    return add({.form = Form::integer, .least = least, .most = most});
  }
  /// At least one: an empty list would mean nothing where something is named.
  const Shape* some(const Shape* item) { return add({.form = Form::one_or_list, .least_items = 1, .item = item}); }
  const Shape* any_number(const Shape* item) { return add({.form = Form::one_or_list, .item = item}); }
  const Shape* block(std::string_view title, Keys keys) {
    return add({.form = Form::block, .title = title, .keys = std::move(keys)});
  }
  const Shape* one_of(std::string_view title, Keys keys, Words exactly_one) {
    return add({.form = Form::block, .title = title, .keys = std::move(keys), .exactly_one = std::move(exactly_one)});
  }
  const Shape* plural(const Shape* item) { return add({.form = Form::table, .item = item, .plural = true}); }
  const Shape* map_of(const Shape* item, bool named) {
    return add({.form = Form::table, .item = item, .named = named});
  }

  void scalars();
  const Shape* machine();
  const Shape* host();
  const Shape* segment();
  const Shape* vpc();
  const Shape* node();
  const Shape* location();
  const Shape* gateway();
  const Shape* site();
  const Shape* provider();
  const Shape* cluster();
  const Shape* link();
  const Shape* group();
  const Shape* infrastructure();
  const Shape* flow();
  const Shape* guarantee();
  const Shape* scenario();
  const Shape* service();
  const Shape* backup();
  Keys governance();

  Language language_{};
  const Shape *text_{}, *name_{}, *id_{}, *boolean_{}, *prefix_{}, *cidr_{}, *address_{}, *endpoint_{}, *duration_{},
      *size_{}, *date_{}, *port_{}, *path_{}, *secret_{}, *reference_{}, *scalar_{}, *schedule_{}, *bastion_{},
      *some_texts_{}, *texts_{}, *paths_{}, *ports_{}, *selector_{}, *labels_{}, *replicas_{}, *machine_{}, *segment_{};
};

void LanguageWriter::scalars() {
  text_ = scalar(Form::text);
  name_ = scalar(Form::name);
  id_ = scalar(Form::identifier);
  boolean_ = scalar(Form::boolean);
  prefix_ = scalar(Form::prefix);
  cidr_ = scalar(Form::cidr);
  address_ = scalar(Form::address);
  endpoint_ = scalar(Form::endpoint);
  duration_ = scalar(Form::duration);
  size_ = scalar(Form::size);
  date_ = scalar(Form::date);
  port_ = scalar(Form::port);
  path_ = scalar(Form::path);
  secret_ = scalar(Form::secret);
  reference_ = scalar(Form::reference);
  scalar_ = scalar(Form::scalar);
  schedule_ = scalar(Form::schedule);
  bastion_ = scalar(Form::bastion);
  some_texts_ = some(text_);
  texts_ = any_number(text_);
  paths_ = some(path_);
  ports_ = some(port_);
  labels_ = map_of(text_, false);
  replicas_ = integer(0, 1000);
  const Shape* match = add({.form = Form::block,
                            .title = "selector",
                            .least_items = 1,
                            .keys = {{"site", some_texts_, "sites or families of sites"},
                                     {"vpc", some_texts_, "VPCs"},
                                     {"environment", some_texts_, "environments"},
                                     {"segment", some_texts_, "segments"},
                                     {"zone", some_texts_, "zones"},
                                     {"host", some_texts_, "hosts"},
                                     {"label", some_texts_, "labels, as key=value"}}});
  selector_ = some(add({.form = Form::either, .alternatives = {path_, match}}));
}

const Shape* LanguageWriter::machine() {
  return block("vm", {{"image", text_, "operating system image", true, "debian-12"},
                      {"cpu", integer(1, 1024), "virtual processors"},
                      {"memory", size_, "memory", false, "4G"},
                      {"disk", size_, "disk, beside the image's own size", false, "100G"},
                      {"flavor", text_, "the platform's own size, instead of cpu and memory"}});
}

const Shape* LanguageWriter::host() {
  return block("host", {{"title", text_, "what people read"},
                        {"address", some(scalar(Form::host_address)),
                         "its number in the segment or its address, one a family; without vm: it exists already"},
                        {"vm", machine_, "made by cloison"},
                        {"replicas", replicas_, "how many; replica k of h is h-k"},
                        {"spread", words({"availability_zones", "nodes"}), "where replicas stand apart"},
                        {"public", boolean_, "reachable from the internet"},
                        {"redundancy", words({"vrrp"}), "one virtual address for all replicas"},
                        {"data", text_, "class of data it holds, such as health"},
                        {"zone", text_, "zone, when not the segment's"},
                        {"labels", labels_, "free labels, for selectors"}});
}

const Shape* LanguageWriter::segment() {
  const Shape* ends = add({.form = Form::list, .least_items = 2, .most_items = 2, .item = integer(1, 16'777'214)});
  const Shape* dhcp = block("dhcp", {{"range", ends, "first and last address number", true, "[50, 199]"}});
  const Shape* peer = block("peer", {{"name", name_, "the device", true, "tablet-1"},
                                     {"public_key", scalar(Form::wireguard_key), "its WireGuard public key", true},
                                     {"owner", text_, "who carries it"},
                                     {"expires", date_, "until when it may connect"}});
  const Shape* file = block("peers_file", {{"csv", text_,
                                            "CSV file with columns site, name, public_key, optional owner "
                                            "and expires; rows of this instance count",
                                            true, "tablets.csv"}});
  const Shape* peers = add({.form = Form::list, .item = peer});
  return block("segment", {{"title", text_, "what people read"},
                           {"zone", text_, "its zone; default: its own name"},
                           {"cidr", add({.form = Form::one_or_list, .least_items = 1, .most_items = 2, .item = cidr_}),
                            "auto/N, a prefix, or a list of IPv4 and IPv6 (none opts out)", true, "auto/24"},
                           {"vlan", integer(1, 4094), "VLAN id"},
                           {"dhcp", dhcp, "addresses given by DHCP"},
                           {"intra", words({"allow", "deny"}), "traffic inside a segment with physical ports"},
                           {"hosts", plural(host()), "hosts by name"},
                           {"peers", add({.form = Form::either, .alternatives = {file, peers}}),
                            "devices of a remote-access link"},
                           {"egress", text_, "local (default), or the site through which traffic goes out"},
                           {"pool", text_, "address pool, when not the site's"},
                           {"provider_name", text_, "name that the platform demands, such as GatewaySubnet"},
                           {"data", text_, "class of data in it, when not the zone's"},
                           {"real", prefix_, "prefix really in use, translated 1:1 to cidr", false, "192.168.1.0/24"},
                           {"labels", labels_, "free labels, for selectors"}});
}

const Shape* LanguageWriter::vpc() {
  return block("vpc", {{"title", text_, "what people read"},
                       {"environment", text_, "its environment; required when there are several"},
                       {"provider", text_, "provider entry, when not the site's"},
                       {"cidr", add({.form = Form::one_or_list, .least_items = 1, .most_items = 2, .item = cidr_}),
                        "auto/N, a prefix, or a list of IPv4 and IPv6", true, "auto/16"},
                       {"segments", plural(segment_), "segments by name"},
                       {"labels", labels_, "free labels, for selectors"}});
}

const Shape* LanguageWriter::node() {
  return block("node", {{"name", name_, "its name", true, "paris-1"},
                        {"address", endpoint_, "where SSH reaches it first", true, "192.0.2.10"},
                        {"fingerprint", text_, "of its SSH host key", false, "SHA256:…"},
                        {"trunk", text_, "interface that carries the VLANs", false, "lan0"},
                        {"bastion", bastion_, "user@host:port through which SSH goes"},
                        {"underlays", texts_, "names of the site's underlays; default: all"},
                        {"public", map_of(scalar(Form::underlay_public), false),
                         "by underlay, where it is not what the site's says", false, "{fibre: 192.0.2.11}"},
                        {"ports", map_of(text_, false), "interface -> segment that it carries untagged", false,
                         "{eth2: servers}"},
                        {"port", integer(1, 65535), "SSH port"},
                        {"user", text_, "SSH user, when not the provider's"},
                        {"interface", text_, "management interface"},
                        {"arch", words({"amd64", "arm64"}), "architecture"},
                        {"mirror", text_, "package mirror"},
                        {"labels", labels_, "free labels, for selectors"}});
}

const Shape* LanguageWriter::location() {
  const Shape* certification = block(
      "certification", {{"holder", text_, "who holds it"}, {"until", date_, "when it ends", false, "2027-05-01"}});
  return block("location", {{"country", scalar(Form::country), "ISO 3166 code", false, "FR"},
                            {"region", text_, "region or town"},
                            {"tier", integer(1, 4), "data centre tier"},
                            {"availability_zones", texts_, "zones of the region that are used"},
                            {"certifications", map_of(certification, false), "by name, such as HDS or ISO-27001"}});
}

const Shape* LanguageWriter::gateway() {
  const Shape* reached = block("reached", {{"address", endpoint_, "where SSH reaches it", true, "192.0.2.2"},
                                           {"fingerprint", text_, "of its SSH host key", false, "SHA256:…"},
                                           {"public", text_, "where far ends dial it; default: its address"}});
  return block("gateway",
               {{"vpc", text_, "VPC in which it stands"},
                {"segment", text_, "segment in which it stands"},
                {"kind", words({"node", "cloud-vpn"}), "our own machine (default), or the platform's"},
                {"replicas", replicas_, "how many"},
                {"spread", words({"availability_zones", "nodes"}), "where replicas stand apart"},
                {"public", boolean_, "has public addresses"},
                {"provider", text_, "entry of kind node that configures its machines; default: the only one"},
                {"nodes", any_number(reached), "how each replica is reached, in order"},
                {"interface", text_, "its interface towards the segment; default: eth0"},
                {"uplink", text_, "its interface outwards; default: the same"},
                {"vm", machine_, "size of its machines"},
                {"image", text_, "as in vm"},
                {"cpu", integer(1, 1024), "as in vm"},
                {"memory", size_, "as in vm", false, "4G"},
                {"disk", size_, "as in vm", false, "20G"},
                {"flavor", text_, "as in vm"}});
}

const Shape* LanguageWriter::site() {
  const Shape* underlay =
      block("underlay", {{"title", text_, "what people read"},
                         {"interface", text_, "the node's interface", true, "wan0"},
                         {"metric", integer(1, 10'000), "lower is preferred"},
                         {"public", scalar(Form::underlay_public), "address, dynamic (default) or none"},
                         {"mtu", integer(1280, 9216), "bytes"}});
  const Shape* pair = add({.form = Form::list, .least_items = 2, .most_items = 2, .item = text_});
  const Shape* pairs = add({.form = Form::list, .item = add({.form = Form::either, .alternatives = {text_, pair}})});
  return add({.form = Form::block,
              .title = "site",
              .keys = {{"title", text_, "what people read"},
                       {"provider", text_, "provider entry, or external", true, "ovh"},
                       {"environment", text_, "its environment; required when there are several and no VPCs"},
                       {"location", location(), "where it is, and what it is certified for"},
                       {"redundancy", words({"vrrp"}), "how its nodes stand in for each other"},
                       {"pool", text_, "address pool of its segments"},
                       {"bastion", bastion_, "user@host:port through which SSH goes"},
                       {"nodes", any_number(node()), "Linux hosts reached by SSH"},
                       {"underlays", plural(underlay), "ways out, by name"},
                       {"gateways", plural(gateway()), "ends of links at a cloud, by name"},
                       {"vpcs", plural(vpc()), "VPCs by name"},
                       {"segments", plural(segment_), "segments of a site without VPCs, by name"},
                       {"transit", pairs, "pairs of links between which traffic may pass"},
                       {"labels", labels_, "free labels, for selectors"}},
              .family = true});
}

const Shape* LanguageWriter::provider() {
  return block(
      "provider",
      {{"kind", words({"openstack", "node", "aws", "azure", "scaleway", "external"}), "platform", true, "openstack"},
       {"title", text_, "what people read"},
       {"cloud", reference_, "entry of clouds.yaml"},
       {"region", reference_, "region"},
       {"zone", reference_, "zone of the region"},
       {"interface", reference_, "catalogue interface: public, internal, admin"},
       {"endpoint", reference_, "service address, when it is not in the catalogue"},
       {"project", reference_, "project or organisation"},
       {"subscription", reference_, "Azure subscription"},
       {"tenant", reference_, "Azure tenant"},
       {"resource_group", reference_, "Azure resource group"},
       {"account", reference_, "account that must be the one logged in"},
       {"profile", reference_, "profile of the platform's own configuration"},
       {"username", reference_, "login name"},
       {"password", secret_, "reference to a password", false, "env:PASSWORD"},
       {"access_key", reference_, "access key id"},
       {"secret_key", secret_, "reference to a secret key", false, "env:SECRET_KEY"},
       {"client_id", reference_, "application id"},
       {"client_secret", secret_, "reference to an application's secret", false, "env:CLIENT_SECRET"},
       {"token", secret_, "reference to a token", false, "env:TOKEN"},
       {"ca_file", reference_, "certificates to trust"},
       {"physical_network", reference_, "physical network of VLAN segments"},
       {"network_type", reference_, "type of networks on it; default: vlan"},
       {"external_network", reference_, "network of floating addresses"},
       {"availability_zones", map_of(text_, false), "declared zone -> the platform's name"},
       {"user", reference_, "SSH user"},
       {"key", reference_, "SSH key", false, "file:~/.ssh/id_ed25519.pub"},
       {"known_hosts", reference_, "file of known SSH hosts"},
       {"port", integer(1, 65535), "SSH port"},
       {"packages", reference_, "how a node's missing packages come: mirror, file:FOLDER; default: by hand"},
       {"switch", words({"open-vswitch", "linux-bridge"}), "what switches on nodes; default: open-vswitch"},
       {"hypervisor", words({"libvirt", "none"}), "what runs VMs on nodes"}});
}

const Shape* LanguageWriter::cluster() {
  const Shape* space = block("namespace", {{"zone", text_, "its zone; default: its own name"}});
  return block("cluster", {{"title", text_, "what people read"},
                           {"in", path_, "segment of its nodes", true, "cloud.nodes"},
                           {"provider", text_, "provider entry, when not the site's"},
                           {"api", words({"private", "public"}), "where its API answers"},
                           {"pods", prefix_, "addresses of pods"},
                           {"namespaces", plural(space), "namespaces by name: each is a segment"}});
}

const Shape* LanguageWriter::link() {
  const Shape* between = add({.form = Form::list, .least_items = 2, .most_items = 2, .item = path_});
  return block("link",
               {{"kind", words({"sdwan", "vpn", "remote-access", "internet", "peering"}), "what it is", true, "vpn"},
                {"title", text_, "what people read"},
                {"hub", path_, "sdwan: site that spokes dial"},
                {"spokes", paths_, "sdwan: sites around the hub"},
                {"between", between, "vpn, peering: its two ends", false, "[cloud, hospital]"},
                {"transport", words({"wireguard", "ipsec"}), "tunnel"},
                {"underlays", texts_, "underlays it uses, in order of their metric"},
                {"spoke_to_spoke", words({"deny", "via-hub"}), "between spokes"},
                {"role", words({"primary", "standby"}), "standby carries what has no primary path"},
                {"users", selector_, "remote-access: segment of the devices"},
                {"to", path_, "remote-access: what devices reach", false, "same-site"},
                {"at", path_, "site at which it ends", false, "cloud"},
                {"tunnel", words({"full", "split"}), "remote-access: all traffic, or that to the site"},
                {"network", text_, "internet: the platform's external network"},
                {"peer", endpoint_, "far end that is not ours", false, "198.51.100.4"},
                {"psk", secret_, "reference to the pre-shared key", false, "env:PSK"},
                {"mtu", integer(1280, 9216), "bytes"},
                {"port", integer(1, 65535), "UDP port of tunnels"},
                {"asn", integer(1, 4'294'967'295), "BGP number of the far end"},
                {"proposal", text_, "IPsec proposal"}});
}

const Shape* LanguageWriter::group() {
  return one_of("group",
                {{"title", text_, "what people read"},
                 {"cidrs", some(prefix_), "addresses", false, "[203.0.113.0/28]"},
                 {"fqdns", some(scalar(Form::fqdn)), "host names, pinned in the lock", false, "[api.example.org]"},
                 {"hosts", selector_, "hosts of this topology", false, "[central.app.admin]"}},
                {"cidrs", "fqdns", "hosts"});
}

const Shape* LanguageWriter::infrastructure() {
  const Key whom{"for", selector_, "who uses it; default: nodes and VMs"};
  const Key ports{"ports", ports_, "ports"};
  const Shape* served =
      block("infrastructure_servers",
            {{"servers", selector_, "hosts or plain addresses", true, "[cloud.app.resolver]"}, whom, ports});
  const Shape* logs = block("infrastructure_logs", {{"to", selector_, "where logs go", true, "cloud.app.siem"},
                                                    whom,
                                                    ports,
                                                    {"denied", boolean_, "log refusals too"}});
  const Shape* monitoring =
      block("infrastructure_monitoring", {{"from", selector_, "who asks", true, "cloud.app.prometheus"}, whom, ports});
  return block("infrastructure", {{"dns", served, "name servers (udp and tcp 53)"},
                                  {"ntp", served, "time servers (udp 123)"},
                                  {"packages", served, "package mirrors (https)"},
                                  {"logs", logs, "log collectors"},
                                  {"monitoring", monitoring, "who reads metrics"}});
}

LanguageWriter::Keys LanguageWriter::governance() {
  return {{"owner", text_, "who answers for it"},
          {"application", text_, "application"},
          {"protocol", text_, "what people call its protocol in tables", false, "MLLP/TLS"},
          {"purpose", text_, "why"},
          {"ticket", text_, "change ticket"},
          {"requester", text_, "who asked"},
          {"approver", text_, "who approved"},
          {"data", text_, "class of data carried"},
          {"encryption", text_, "declared encryption, such as tls1.3"},
          {"tier", text_, "criticality"},
          {"control", text_, "what compensates for an insecure service", false, "inside a tunnel only"},
          {"review", date_, "when it must be looked at again", false, "2027-03-01"}};
}

const Shape* LanguageWriter::flow() {
  Keys keys{{"id", id_, "its id", true, "F-001"},
            {"from", selector_, "who opens", true, "cloud.app"},
            {"to", selector_, "what is opened", true, "cloud.data"},
            {"ports", ports_, "tcp/443, udp/5000-5010, icmp/echo-request, esp, a name, any", true, "[https]"},
            {"via", text_, "link it takes"},
            {"when", text_, "scenario in which alone it is open"},
            {"across", words({"sites"}), "also between instances of one for_each"},
            {"within", words({"site", "vpc"}), "only inside one"},
            {"starts", date_, "open from", false, "2026-12-01"},
            {"expires", date_, "open until", false, "2026-12-03T18:00"},
            {"disabled", boolean_, "closed, kept for the record"}};
  const Keys more = governance();
  keys.insert(keys.end(), more.begin(), more.end());
  return block("flow", keys);
}

const Shape* LanguageWriter::guarantee() {
  const Key from{"from", selector_, "who", true, "internet"};
  const Key to{"to", selector_, "what", true, "{zone: data}"};
  const Shape* exception = one_of("exception",
                                  {{"flow", some_texts_, "flows", false, "F-001"},
                                   {"site", some_texts_, "sites", false, "central"},
                                   {"host", some_texts_, "hosts", false, "cloud.app.siem"},
                                   {"reason", text_, "why; every report shows it", true, "own premises"}},
                                  {"flow", "site", "host"});
  const Shape* ends = block("guarantee_ends", {from, to});
  const Shape* located = block("guarantee_located", {{"data", some_texts_, "classes of data", true, "health"},
                                                     {"country", some(scalar(Form::country)), "countries"},
                                                     {"certification", some_texts_, "certifications, all of them"},
                                                     {"tier", integer(1, 4), "least data centre tier"}});
  return one_of(
      "guarantee",
      {{"id", id_, "its id", true, "G-1"},
       {"title", text_, "what people read"},
       {"isolated", block("guarantee_isolated", {{"among", selector_, "no two members reach each other", true, "lab"}}),
        "nothing between two members", false, "{among: lab}"},
       {"unreachable", ends, "nothing opens", false, "{from: internet, to: {zone: data}}"},
       {"reachable", block("guarantee_reachable", {from, to, {"ports", ports_, "all of them open", true, "[https]"}}),
        "all ports open", false, "{from: lab, to: cloud.app, ports: [https]}"},
       {"only", ends, "nothing else opens", false, "{from: lab.tablets, to: same-site}"},
       {"through", block("guarantee_through", {from, to, {"via", selector_, "what each path crosses", true, "edge"}}),
        "each path crosses or ends at via", false, "{from: internet, to: {zone: dmz}, via: edge}"},
       {"located", located, "where data may be", false, "{data: health, country: FR}"},
       {"encrypted", ends, "between sites only in tunnels", false, "{from: lab, to: cloud}"},
       {"except", any_number(exception), "what it does not hold for, and why"}},
      {"isolated", "unreachable", "reachable", "only", "through", "located", "encrypted"});
}

const Shape* LanguageWriter::scenario() {
  return one_of("scenario",
                {{"title", text_, "what people read"},
                 {"down", selector_, "what fails, together", false, "[cloud]"},
                 {"down_each", selector_, "what fails, one by one", false, "[lab.underlays.fibre]"},
                 {"requires", texts_, "flows and infrastructure that still work"},
                 {"within", duration_, "time to recover", false, "30s"}},
                {"down", "down_each"});
}

const Shape* LanguageWriter::service() {
  const Shape* placement = block("placement", {{"site", some_texts_, "where its hosts are made"},
                                               {"vpc", some_texts_, "VPC"},
                                               {"environment", some_texts_, "environments"},
                                               {"segment", some_texts_, "segment"},
                                               {"zone", some_texts_, "zones"},
                                               {"host", some_texts_, "hosts"},
                                               {"label", some_texts_, "labels, as key=value"},
                                               {"replicas", replicas_, "makes so many hosts"},
                                               {"vm", machine_, "of this size"}});
  const Shape* runs_on = some(add({.form = Form::either, .alternatives = {path_, placement}}));
  const Shape* tls = block("tls", {{"min", words({"1.2", "1.3"}), "least version", false, "1.3"},
                                   {"certificate", reference_, "certificate and key", false, "file:edge.pem"},
                                   {"key", secret_, "reference to the private key", false, "file:edge.key"},
                                   {"ca", reference_, "authority of clients' certificates", false, "file:ca.pem"},
                                   {"client", words({"none", "optional", "required"}), "clients' certificates"}});
  const Shape* artifact =
      block("artifact", {{"image", scalar(Form::image), "container image, for `cloison export`"},
                         {"file", reference_, "path of the binary, or of an archive that holds it"},
                         {"url", reference_, "address of the binary"},
                         {"package", text_, "Debian package"},
                         {"sha256", text_, "digest of the file"},
                         {"version", text_, "version", false, "1.0.0"},
                         {"executable", text_, "what is started in an archive; default: the service's name"},
                         {"signature", reference_, "signature"},
                         {"public_key", reference_, "key of the signature"},
                         {"username", reference_, "login name"},
                         {"password", secret_, "reference", false, "env:PASSWORD"},
                         {"token", secret_, "reference", false, "env:TOKEN"}});
  const Shape* health =
      block("health", {{"http", text_, "path that answers 2xx", false, "/health"},
                       {"tcp", port_, "port that accepts", false, "tcp/3000"},
                       {"command", texts_, "program of the release that ends well, and its arguments"},
                       {"interval", duration_, "between two probes", false, "10s"},
                       {"timeout", duration_, "of a probe", false, "2s"},
                       {"retries", integer(1, 100), "failures until it is down"}});
  const Shape* update = block(
      "update",
      {{"max_surge", integer(0, 100), "replicas more meanwhile"},
       {"max_unavailable", integer(0, 100), "replicas fewer meanwhile"},
       {"pause", duration_, "between two replicas", false, "10s"},
       {"drain", duration_, "how long its balancers wait for what is open before a machine changes", false, "30s"},
       {"watch", duration_, "how long a new release is watched", false, "10s"},
       {"together", boolean_, "whether two releases may run side by side meanwhile; default: true"}});
  const Shape* machine = block("service_node", {{"address", endpoint_, "where SSH reaches it", true, "192.0.2.2"},
                                                {"fingerprint", text_, "of its SSH host key", false, "SHA256:…"},
                                                {"spare", boolean_, "it runs only while others change"}});
  return block(
      "service",
      {{"kind", words({"binary", "haproxy", "cloud-lb", "postgresql", "external"}), "default: binary"},
       {"title", text_, "what people read"},
       {"artifact", artifact, "what is installed"},
       {"version", text_, "version of the package", false, "\"15\""},
       {"runs_on", runs_on, "hosts, or {site, segment, replicas} that makes them; required but for kind external",
        false, "cloud.app.portal"},
       {"listen", ports_, "ports", false, "[https]"},
       {"public", boolean_, "reachable from the internet"},
       {"behind", text_, "service that forwards to it"},
       {"redundancy", words({"vrrp"}), "one virtual address for all replicas"},
       {"tls", tls, "encryption"},
       {"waf", words({"owasp-crs", "none"}), "web application firewall"},
       {"health", health, "probe"},
       {"update", update, "rolling update"},
       {"limits",
        block("limits",
              {{"cpu", scalar(Form::processors), "processors", false, "2"}, {"memory", size_, "memory", false, "2G"}}),
        "resources"},
       {"replication", block("replication", {{"mode", words({"sync", "async"}), "of followers", true, "async"}}),
        "database replication"},
       {"schedule", schedule_, "systemd calendar expression, or continuous", false, "\"*-*-* 02:00\""},
       {"deadline", duration_, "longest run", false, "10min"},
       {"after", texts_, "services that must be up first"},
       {"instances", integer(1, 64), "how often it runs on each machine; they share its ports in their order", false,
        "2"},
       {"arguments", texts_, "command line"},
       {"variables", map_of(reference_, false), "environment variables"},
       {"credentials", map_of(secret_, false), "secrets, each a file that systemd gives to it alone", false,
        "{token: env:TOKEN}"},
       {"files", map_of(reference_, false), "configuration: name, and the template that it is made of", false,
        "{gateway.json: file:templates/gateway.json}"},
       {"user", text_, "system user; default: one of its own"},
       {"restart", words({"always", "on-failure", "never"}), "when it ends; default: always"},
       {"runtime", words({"native", "jit"}), "jit: it makes code while it runs, as Node.js does"},
       {"keep", integer(1, 100), "former releases that stay for a rollback; default: 3"},
       {"provider", text_, "entry of kind node that deploys to its machines; default: the only one"},
       {"nodes", any_number(machine), "how each of its machines is reached, in order"}});
}

const Shape* LanguageWriter::backup() {
  return block("backup", {{"title", text_, "what people read"},
                          {"of", selector_, "service, hosts or site", true, "postgres"},
                          {"to", selector_, "host, service, or provider", true, "central.backup.disk"},
                          {"schedule", schedule_, "systemd calendar expression, or continuous", true, "\"02:00\""},
                          {"keep", duration_, "how long", false, "30d"},
                          {"rto", duration_, "longest time to restore", false, "1h"},
                          {"rpo", duration_, "longest loss", false, "5m"},
                          {"encryption", text_, "cipher", false, "aes-256"},
                          {"kind", words({"full", "incremental", "wal", "snapshot"}), "kind of backup"},
                          {"medium", words({"disk", "tape", "object"}), "medium"}});
}

Language LanguageWriter::write() {
  scalars();
  machine_ = machine();
  segment_ = segment();
  const Shape* environment =
      block("environment", {{"title", text_, "what people read"},
                            {"address_space", some(prefix_), "prefixes it owns, a list", true, "10.0.0.0/16"},
                            {"vars", map_of(scalar_, false), "values for {{env.NAME}}"}});
  const Shape* zone = block("zone", {{"title", text_, "what people read"},
                                     {"trust", words({"exposed", "internal", "restricted", "management", "external"}),
                                      "how far it is trusted", true, "internal"},
                                     {"data", text_, "class of data in it, such as health"}});
  const Shape* pool = block("address_pool", {{"title", text_, "what people read"},
                                             {"cidr", some(prefix_), "prefixes", true, "10.16.0.0/12"}});
  const Shape* management =
      block("management", {{"from", selector_, "who administers", true, "[admins]"},
                           {"reach", some(words({"tunnel", "direct"})), "how SSH reaches nodes, in order"}});
  const Shape* flows = add({.form = Form::list, .item = flow()});
  const Shape* guarantees = add({.form = Form::list, .item = guarantee()});
  language_.top_ =
      block("topology", {{"cloison", scalar(Form::version), "version of the language", true, "1"},
                         {"name", name_, "its name", true, "my-network"},
                         {"title", text_, "what people read"},
                         {"timezone", text_, "time zone of dates; default UTC", false, "Europe/Paris"},
                         {"environments", map_of(environment, true), "isolation domains", true,
                          "{production: {address_space: 10.0.0.0/16}}"},
                         {"providers", plural(provider()), "accounts and ways in"},
                         {"zones", plural(zone), "trust classes"},
                         {"address_pools", plural(pool), "where segments of sites get addresses"},
                         {"ports", map_of(ports_, true), "port names of this topology"},
                         {"sites", plural(site()), "places", true, "{office: {provider: nodes}}"},
                         {"clusters", plural(cluster()), "Kubernetes clusters"},
                         {"links", plural(link()), "what connects sites"},
                         {"groups", plural(group()), "named sets of addresses or hosts"},
                         {"infrastructure", infrastructure(), "what nodes and VMs need"},
                         {"management", management, "who administers, and how"},
                         {"flow_defaults", block("flow_defaults", governance()), "for flows that do not say"},
                         {"flows", flows, "what is permitted"},
                         {"guarantees", guarantees, "what must hold in every state"},
                         {"scenarios", plural(scenario()), "failures, and what survives them"},
                         {"services", plural(service()), "workloads"},
                         {"backups", plural(backup()), "backups"}});
  const Shape* rows = block("for_each_csv", {{"csv", text_, "CSV file beside this one", true, "sites.csv"},
                                             {"key", text_, "column that names the entries", true, "name"}});
  const Shape* keys = add({.form = Form::list, .item = text_});
  language_.for_each_ = add({.form = Form::either, .alternatives = {words({"environments"}), keys, rows}});
  return std::move(language_);
}

const Language& Language::instance() {
  static const Language language = LanguageWriter().write();
  return language;
}

}  // namespace cloison::topology
