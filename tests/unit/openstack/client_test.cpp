#include <fmt/format.h>

#include "core/base/scrubber.h"
#include "providers/openstack/create.h"
#include "providers/openstack/schema.h"
#include "providers/registry.h"
#include "tests/unit/openstack/scripted.h"

namespace cloison::openstack::trial {

namespace {

class OpenStackClient : public testing::Test {
 protected:
  std::shared_ptr<ScriptedCloud> cloud = std::make_shared<ScriptedCloud>();
  std::shared_ptr<Provider> provider = *make_openstack({.name = "ovh", .kind = "openstack"}, access_to(cloud));

  static CreateRequest network(const std::string& address) {
    CreateRequest request;
    request.resource.address.text = address;
    request.resource.kind = kind::k_network;
    request.resource.attributes = record(schema(kind::k_network), {{"name", Value::text(address)}});
    request.marker = {"lin", 1, address};
    return request;
  }
  Result<Applied> create(const CreateRequest& request) { return provider->create_many({&request, 1}, {}).front(); }
  Result<std::vector<Observed>> observe(const std::string& kind) {
    const std::vector<std::string> kinds{kind};
    return provider->observe({}, kinds, {});
  }
};

const char* const k_made =
    R"({"network": {"id": "n1", "name": "a", "project_id": "p1", "description": "cloison lin 1 a"}})";

}  // namespace

TEST_F(OpenStackClient, a_create_whose_answer_is_lost_is_in_doubt_and_never_sent_again) {
  cloud->on_failure("POST", "/networks", ErrorKind::in_doubt);
  const auto result = create(network("a"));
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().kind, ErrorKind::in_doubt);
  EXPECT_EQ(cloud->count("POST", "/networks"), 1U);
}

TEST_F(OpenStackClient, server_failures_leave_a_create_in_doubt_but_not_an_unavailable_service) {
  for (const int status : {500, 502, 504}) {
    cloud->on("POST", "/networks", status, "<html>bad gateway</html>");
    const auto result = create(network("a"));
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().kind, ErrorKind::in_doubt) << status;
  }
  EXPECT_EQ(cloud->count("POST", "/networks"), 3U);
  cloud->on("POST", "/networks", 503, "");
  cloud->on("POST", "/networks", 201, k_made);
  EXPECT_TRUE(create(network("a")).has_value()) << "503 comes before processing and is tried again";
}

TEST_F(OpenStackClient, an_answer_that_cannot_be_read_leaves_a_create_in_doubt) {
  for (const char* body :
       {"", "{", "[]", R"({"network": {"id": 7}})", R"({"network": {"id": "../x"}})", R"({"network": 1})"}) {
    cloud->on("POST", "/networks", 201, body);
    const auto result = create(network("a"));
    ASSERT_FALSE(result.has_value()) << body;
    EXPECT_EQ(result.error().kind, ErrorKind::in_doubt) << body;
  }
}

TEST_F(OpenStackClient, an_ended_login_is_renewed_once_and_the_create_goes_again) {
  cloud->on("POST", "/networks", 401, "");
  cloud->on("POST", "/networks", 201, k_made);
  EXPECT_TRUE(create(network("a")).has_value());
  EXPECT_EQ(cloud->logins, 2U);
  cloud->on("POST", "/networks", 401, "", 2);
  const auto refused = create(network("a"));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind, ErrorKind::auth);
  EXPECT_EQ(cloud->logins, 3U);
}

TEST_F(OpenStackClient, filters_are_applied_again_on_our_side) {
  cloud->on(
      "GET", "/networks", 200,
      R"({"networks": [{"id": "mine", "name": "", "project_id": "p1"}, {"id": "theirs", "name": "", "project_id": "p2"},
                {"id": "nobody", "name": ""}, {"id": "outer", "name": "", "project_id": "p1", "router:external": true}]})");
  const auto seen = observe("network");
  ASSERT_TRUE(seen.has_value());
  ASSERT_EQ(seen->size(), 1U);
  EXPECT_EQ(seen->front().remote_id, "mine");
}

TEST_F(OpenStackClient, raw_answers_are_the_projects_own_in_order_without_what_a_first_boot_was_given) {
  cloud->on(
      "GET", "/networks", 200,
      R"({"networks": [{"id": "b", "project_id": "p1", "user_data": "c2VjcmV0", "mtu": 1442}, {"id": "a", "project_id": "p1"},
                {"id": "theirs", "project_id": "p2"}]})");
  for (const auto* plural :
       {"address_groups", "floatingips", "ports", "routers", "security_groups", "security_group_rules", "subnets"}) {
    std::string path = plural;
    std::replace(path.begin(), path.end(), '_', '-');
    cloud->on("GET", "/" + path, 200, fmt::format(R"({{"{}": []}})", plural), -1);
  }
  const auto raw = provider->raw({});
  ASSERT_TRUE(raw.has_value()) << raw.error().summary << raw.error().detail;
  const auto networks =
      std::find_if(raw->begin(), raw->end(), [](const auto& one) { return one.name == "networks.json"; });
  ASSERT_NE(networks, raw->end());
  EXPECT_EQ(networks->bytes,
            "[\n{\"id\":\"a\",\"project_id\":\"p1\"},\n{\"id\":\"b\",\"project_id\":\"p1\",\"mtu\":1442}\n]\n");
  cloud->on("GET", "/networks", 500, "", -1);
  EXPECT_FALSE(provider->raw({}).has_value()) << "what was not read is no empty list";
}

TEST_F(OpenStackClient, pages_are_followed_by_their_query_alone) {
  cloud->on("GET", "marker=n1", 200, R"({"networks": [{"id": "n2", "name": "", "project_id": "p1"}]})");
  cloud->on("GET", "/networks", 200,
            R"({"networks": [{"id": "n1", "name": "", "project_id": "p1"}],
                "networks_links": [{"rel": "previous", "href": "http://evil.test/?x"}, {"rel": "next", "href": "http://evil.test/v2.0/networks?marker=n1"}]})");
  const auto seen = observe("network");
  ASSERT_TRUE(seen.has_value());
  EXPECT_EQ(seen->size(), 2U);
  for (const auto& request : cloud->sent)
    EXPECT_EQ(request.url.find("evil"), std::string::npos) << "the token must stay with the catalogue's host";
}

TEST_F(OpenStackClient, pages_that_go_in_a_circle_end_with_an_error) {
  cloud->on(
      "GET", "/networks", 200,
      R"({"networks": [{"id": "n1", "project_id": "p1"}], "networks_links": [{"rel": "next", "href": "?marker=n1"}]})",
      -1);
  const auto seen = observe("network");
  ASSERT_FALSE(seen.has_value());
  EXPECT_EQ(seen.error().code, "CL5114");
}

TEST_F(OpenStackClient, hostile_lists_are_errors_and_no_crash) {
  for (const char* body :
       {"null", "[]", R"({"networks": {}})", R"({"networks": [7]})",
        R"({"networks": [{"id": null, "project_id": "p1"}]})", R"({"networks": [{"id": "a/b", "project_id": "p1"}]})",
        R"({"networks": [{"id": "a", "project_id": "p1", "name": []}]})"}) {
    cloud->on("GET", "/networks", 200, body);
    const auto seen = observe("network");
    const bool skipped = seen.has_value() && seen->empty();  // 7 names no project
    EXPECT_TRUE(!seen.has_value() || skipped) << body;
    EXPECT_TRUE(seen.has_value() || seen.error().code == "CL5101") << body;
  }
}

TEST_F(OpenStackClient, a_service_that_the_catalogue_lacks_is_named) {
  CreateRequest server;
  server.resource.kind = kind::k_server;
  server.resource.attributes =
      record(schema(kind::k_server), {{"name", Value::text("vm")}, {"image", Value::text("debian-12")}});
  server.marker = {"lin", 1, "vm"};
  cloud->on("GET", "/extensions", 200, R"({"extensions": []})", -1);
  cloud->on("GET", "/networks", 200, R"({"networks": []})", -1);
  const auto result = create(server);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(cloud->count("POST", "/servers"), 0U);
}

TEST_F(OpenStackClient, a_new_group_loses_its_two_rules_or_is_in_doubt) {
  const std::string body =
      R"({"security_group": {"id": "g1", "name": "g", "project_id": "p1", "description": "cloison lin 1 g", "security_group_rules": [
      {"id": "r1", "security_group_id": "g1", "direction": "egress", "ethertype": "IPv4"},
      {"id": "r2", "security_group_id": "g1", "direction": "egress", "ethertype": "IPv6"}]}})";
  CreateRequest group;
  group.resource.kind = kind::k_group;
  group.resource.attributes = record(schema(kind::k_group), {{"name", Value::text("g")}});
  group.marker = {"lin", 1, "g"};
  cloud->on("POST", "/security-groups", 201, body, -1);
  cloud->on("DELETE", "/security-group-rules/r1", 204, "", -1);
  cloud->on("DELETE", "/security-group-rules/r2", 204, "");
  EXPECT_TRUE(create(group).has_value());
  EXPECT_EQ(cloud->count("DELETE", "/security-group-rules/"), 2U);
  cloud->on("DELETE", "/security-group-rules/r2", 403, "{}");
  const auto half = create(group);
  ASSERT_FALSE(half.has_value());
  EXPECT_EQ(half.error().kind, ErrorKind::in_doubt);
}

TEST_F(OpenStackClient, a_vlan_id_that_may_not_be_chosen_is_left_out) {
  CreateRequest request = network("a");
  request.resource.attributes = record(schema(kind::k_network), {{"name", Value::text("a")},
                                                                 {"network_type", Value::text("vlan")},
                                                                 {"physical_network", Value::text("vrack")},
                                                                 {"segmentation_id", Value::integer(100)}});
  cloud->on("POST", "/networks", 403, R"({"NeutronError": {"type": "PolicyNotAuthorized", "message": "no"}})");
  cloud->on("POST", "/networks", 201, k_made);
  const auto result = create(request);
  ASSERT_TRUE(result.has_value());
  EXPECT_TRUE(attribute(schema(kind::k_network), result->observed, "segmentation_id").is_null());
}

TEST_F(OpenStackClient, an_object_without_our_mark_is_not_changed) {
  cloud->on("GET", "/networks/n1", 200,
            R"({"network": {"id": "n1", "name": "a", "description": "somebody else's", "revision_number": 3}})");
  ResourceState row;
  row.key = {"a", 1};
  row.kind = kind::k_network;
  row.remote_id = "n1";
  const auto result = provider->update(row, network("a").resource, {});
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, "CL5117");
  EXPECT_EQ(cloud->count("PUT", "/networks"), 0U);
}

TEST_F(OpenStackClient, an_identifier_in_the_state_that_cannot_be_one_is_never_sent) {
  ResourceState row;
  row.key = {"a", 1};
  row.kind = kind::k_network;
  row.remote_id = "../quotas";
  const auto refused = provider->remove(row, {});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, "CL5118");
  EXPECT_EQ(refused.error().summary, "the state holds an identifier that cannot be one");
  EXPECT_EQ(refused.error().detail, "../quotas");
  EXPECT_EQ(refused.error().hint, "move the state away and rebuild it from the marks: `cloison state recover`");
  EXPECT_TRUE(cloud->sent.empty());
}

TEST_F(OpenStackClient, a_kind_without_changes_is_not_changed) {
  ResourceState row;
  row.key = {"r", 1};
  row.kind = kind::k_rule;
  row.remote_id = "r1";
  const auto refused = provider->update(row, {}, {});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, "CL5119");
  EXPECT_EQ(refused.error().summary, "a security group rule cannot be changed, only replaced");
  EXPECT_EQ(refused.error().hint, "replace it: `cloison apply --replace r`");
  EXPECT_TRUE(cloud->sent.empty());
}

TEST_F(OpenStackClient, an_entry_of_a_kind_that_this_version_does_not_apply_is_refused) {
  const auto later = providers::make({.name = "eu", .kind = "external"}, access_to(cloud));
  ASSERT_FALSE(later.has_value());
  EXPECT_EQ(later.error().code, "CL5020");
  EXPECT_EQ(later.error().summary, "provider kind 'external' is not applied by this version");
  EXPECT_EQ(later.error().hint, "use the version of cloison that wrote the state");
  const auto unknown = providers::make({.name = "eu", .kind = "openstak"}, access_to(cloud));
  ASSERT_FALSE(unknown.has_value());
  EXPECT_EQ(unknown.error().summary, "there is no provider kind 'openstak'");
  EXPECT_EQ(unknown.error().hint, "did you mean 'openstack'?");
}

TEST_F(OpenStackClient, a_router_s_gateway_is_never_changed_under_a_revision) {
  const auto router = [](const char* name, const char* gateway) {
    return fmt::format(R"({{"router": {{"id": "r1", "name": "{}", "project_id": "p1", "revision_number": 3,
      "description": "cloison lin 1 a", "external_gateway_info": {}}}}})",
                       name, gateway);
  };
  cloud->on("GET", "/routers/r1", 200, router("old", "null"));
  cloud->on("PUT", "/routers/r1", 200, router("a", "null"));
  cloud->on("PUT", "/routers/r1", 200, router("a", R"({"network_id": "outside"})"));
  ResourceState row;
  row.key = {"a", 1};
  row.kind = kind::k_router;
  row.remote_id = "r1";
  Resource desired;
  desired.kind = kind::k_router;
  desired.attributes =
      record(schema(kind::k_router), {{"name", Value::text("a")}, {"external_network", Value::text("outside")}});
  const auto result = provider->update(row, desired, {});
  ASSERT_TRUE(result.has_value()) << result.error().summary << ": " << result.error().detail;
  EXPECT_EQ(attribute(schema(kind::k_router), result->observed, "external_network").text_or_empty(), "outside");
  ASSERT_EQ(cloud->count("PUT", "/routers/r1"), 2U);
  for (const auto& request : cloud->sent) {
    if (request.method != "PUT") continue;
    const bool sets_gateway = request.body.find("external_gateway_info") != std::string::npos;
    const bool bound = std::any_of(request.headers.begin(), request.headers.end(),
                                   [](const auto& header) { return header.name == "If-Match"; });
    EXPECT_NE(sets_gateway, bound) << request.body;
  }
}

TEST_F(OpenStackClient, an_address_group_that_a_late_request_fills_is_read_again) {
  const auto group = [](std::string_view addresses) -> std::string {
    return fmt::format(R"({{"address_group": {{"id": "g1", "name": "a", "project_id": "p1",
      "description": "cloison lin 1 a", "addresses": {}}}}})",
                       addresses);
  };
  cloud->on("GET", "/address-groups/g1", 200, group(R"(["192.0.2.0/25"])"));
  cloud->on("PUT", "/add_addresses", 400,
            R"({"NeutronError": {"type": "AddressesAlreadyExist", "message": "already exist in the address group"}})");
  cloud->on("GET", "/address-groups/g1", 200, group(R"(["192.0.2.0/25", "198.51.100.0/24"])"));
  cloud->on("PUT", "/add_addresses", 200, "{}");
  cloud->on("PUT", "/address-groups/g1", 200, group(R"(["192.0.2.0/25", "198.51.100.0/24", "203.0.113.0/24"])"));
  ResourceState row;
  row.key = {"a", 1};
  row.kind = kind::k_address_group;
  row.remote_id = "g1";
  Resource desired;
  desired.kind = kind::k_address_group;
  desired.attributes = record(schema(kind::k_address_group),
                              {{"name", Value::text("a")},
                               {"addresses", Value::list({Value::prefix(*IpPrefix::parse("192.0.2.0/25")),
                                                          Value::prefix(*IpPrefix::parse("198.51.100.0/24")),
                                                          Value::prefix(*IpPrefix::parse("203.0.113.0/24"))})}});
  const auto result = provider->update(row, desired, {});
  ASSERT_TRUE(result.has_value()) << result.error().summary << ": " << result.error().detail;
  EXPECT_EQ(cloud->count("PUT", "/add_addresses"), 2U);

  // Refused for a reason that does not go away: once is enough.
  cloud->on("GET", "/address-groups/g1", 200, group("[]"), -1);
  cloud->on("PUT", "/add_addresses", 400, "{}", -1);
  EXPECT_FALSE(provider->update(row, desired, {}).has_value());
  EXPECT_EQ(cloud->count("PUT", "/add_addresses"), 3U);
}

TEST_F(OpenStackClient, the_public_keys_go_to_the_named_account_or_to_the_image_s_own) {
  const auto server = [](Value account) {
    return record(schema(kind::k_server), {{"name", Value::text("a")},
                                           {"account", std::move(account)},
                                           {"authorized_keys", Value::list({Value::text("env:NODE_KEY")})}});
  };
  net::Access access = access_to(cloud);
  access.environment = [](const std::string& name) -> std::optional<std::string> {
    if (name == "NODE_KEY") return "ssh-ed25519 AAAA admin@example.org";
    return std::nullopt;
  };
  const auto named = user_data(server(Value::text("cloison")), access);
  ASSERT_TRUE(named.has_value());
  EXPECT_EQ(*named,
            "#cloud-config\n"
            R"({"ssh_pwauth":false,"disable_root":true,"users":[{"name":"cloison","shell":"/bin/bash",)"
            R"("sudo":"ALL=(ALL) NOPASSWD:ALL","lock_passwd":true,)"
            R"("ssh_authorized_keys":["ssh-ed25519 AAAA admin@example.org"]}]})"
            "\n");
  const auto nameless = user_data(server(Value::null()), access);
  ASSERT_TRUE(nameless.has_value());
  EXPECT_EQ(*nameless,
            "#cloud-config\n"
            R"({"ssh_pwauth":false,"disable_root":true,"ssh_authorized_keys":["ssh-ed25519 AAAA admin@example.org"]})"
            "\n");
  access.environment = [](const std::string&) -> std::optional<std::string> {
    return std::string("-----BEGIN OPENSSH ") + "PRIVATE KEY-----";
  };
  EXPECT_EQ(user_data(server(Value::null()), access).error().code, "CL5115") << "a private key must not travel";
}

TEST_F(OpenStackClient, a_changed_account_is_not_touched) {
  auto stored = provider->configuration();
  EXPECT_EQ(stored.settings.at("project"), "lab");
  for (const auto& [key, value] : stored.settings) EXPECT_EQ(value.find("correct-horse"), std::string::npos) << key;
  stored.settings["project"] = "another";
  const auto moved = *make_openstack(stored, access_to(cloud));
  const auto facts = moved->probe({});
  ASSERT_FALSE(facts.has_value());
  EXPECT_EQ(facts.error().code, "CL5016");
}

TEST_F(OpenStackClient, a_state_of_another_account_is_noticed_whatever_the_topology_says) {
  cloud->on("GET", "/", 200, R"({"extensions": [], "networks": []})", -1);
  const auto with_rows_of = [&](const std::string& setting, const std::string& value) {
    auto stored = provider->configuration();
    if (!setting.empty()) stored.settings[setting] = value;
    const auto planned = *make_openstack({.name = "ovh", .kind = "openstack"}, access_to(cloud));
    planned->has_rows_of(stored);
    const auto facts = planned->probe({});
    return facts ? std::string() : facts.error().code;
  };
  EXPECT_EQ(with_rows_of("", ""), "");
  EXPECT_EQ(with_rows_of("region", "R1"), "");
  EXPECT_EQ(with_rows_of("region", "R2"), "CL5016");
  EXPECT_EQ(with_rows_of("project", "another"), "CL5016");
  EXPECT_EQ(with_rows_of("project", "p1"), "") << "by its identifier too";
  EXPECT_EQ(with_rows_of("auth_url", "http://other.test:5000/v3"), "CL5016");
}

TEST_F(OpenStackClient, a_password_in_a_url_is_never_shown) {
  for (const char* url : {"https://u:correct-horse@cloud.test:5000", "https://u:correct/horse@cloud.test:5000",
                          "u:correct-horse@cloud.test", "https://u:correct@horse@cloud.test"}) {
    net::Access access = access_to(cloud);
    access.environment = [url, plain = access.environment](const std::string& name) {
      return name == "OS_AUTH_URL" ? std::optional<std::string>(url) : plain(name);
    };
    const auto facts = (*make_openstack({.name = "ovh", .kind = "openstack"}, access))->probe({});
    ASSERT_FALSE(facts.has_value()) << url;
    EXPECT_EQ(facts.error().code, "CL5018") << url;
    const std::string said = facts.error().summary + facts.error().detail + facts.error().hint;
    EXPECT_EQ(said.find("correct"), std::string::npos) << said;
    EXPECT_EQ(said.find("horse"), std::string::npos) << said;
  }
}

TEST_F(OpenStackClient, secrets_are_learnt_by_the_scrubber) {
  Scrubber scrubber;
  net::Access access = access_to(cloud);
  access.scrubber = &scrubber;
  const auto watched = *make_openstack({.name = "ovh", .kind = "openstack"}, access);
  cloud->on("GET", "/networks", 200, R"({"networks": []})");
  const std::vector<std::string> kinds{"network"};
  ASSERT_TRUE(watched->observe({}, kinds, {}).has_value());
  EXPECT_EQ(scrubber.clean("correct-horse-battery token-1"), "[secret] [secret]");
}

}  // namespace cloison::openstack::trial
