#include "providers/openstack/settings.h"

#include <array>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/net/url.h"
#include "providers/openstack/clouds_file.h"

namespace cloison::openstack {

namespace {

constexpr std::array<std::string_view, 10> k_keys{"cloud",        "region",           "interface", "physical_network",
                                                  "network_type", "external_network", "user",      "key",
                                                  "auth_url",     "project"};
constexpr std::size_t k_written = 8;  // the others stand in the state only
constexpr std::string_view k_zones = "availability_zones.";

Diagnostic wrong(std::string code, std::string summary, std::string detail, std::string hint) {
  return {.kind = ErrorKind::auth,
          .code = std::move(code),
          .summary = std::move(summary),
          .detail = std::move(detail),
          .hint = std::move(hint)};
}

/// OS_* variables in the shape of one cloud of clouds.yaml.
Settings from_environment(const net::Access& access) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 21> k_variables{
      {{"OS_AUTH_URL", "auth.auth_url"},
       {"OS_AUTH_TYPE", "auth_type"},
       {"OS_USERNAME", "auth.username"},
       {"OS_USER_ID", "auth.user_id"},
       {"OS_PASSWORD", "auth.password"},
       {"OS_USER_DOMAIN_ID", "auth.user_domain_id"},
       {"OS_USER_DOMAIN_NAME", "auth.user_domain_name"},
       {"OS_TENANT_NAME", "auth.project_name"},
       {"OS_TENANT_ID", "auth.project_id"},
       {"OS_PROJECT_NAME", "auth.project_name"},
       {"OS_PROJECT_ID", "auth.project_id"},
       {"OS_PROJECT_DOMAIN_ID", "auth.project_domain_id"},
       {"OS_PROJECT_DOMAIN_NAME", "auth.project_domain_name"},
       {"OS_TOKEN", "auth.token"},
       {"OS_APPLICATION_CREDENTIAL_ID", "auth.application_credential_id"},
       {"OS_APPLICATION_CREDENTIAL_NAME", "auth.application_credential_name"},
       {"OS_APPLICATION_CREDENTIAL_SECRET", "auth.application_credential_secret"},
       {"OS_REGION_NAME", "region_name"},
       {"OS_INTERFACE", "interface"},
       {"OS_CACERT", "cacert"},
       {"OS_INSECURE", "insecure"}}};
  Settings found;
  for (const auto& [variable, key] : k_variables)
    if (auto value = access.variable(std::string(variable)); value && !value->empty()) found[std::string(key)] = *value;
  return found;
}

std::string first_of(const Settings& cloud, std::initializer_list<const char*> keys) {
  for (const char* key : keys)
    if (const auto found = cloud.find(key); found != cloud.end() && !found->second.empty()) return found->second;
  return {};
}

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

Result<Login::Method> method_of(const Settings& cloud, const std::string& name) {
  const std::string type = first_of(cloud, {"auth_type"});
  const bool credential =
      type.empty() ? !first_of(cloud, {"auth.application_credential_id", "auth.application_credential_name"}).empty()
                   : type == "v3applicationcredential";
  if (credential) return Login::Method::application_credential;
  const bool token = type.empty()
                         ? !first_of(cloud, {"auth.token"}).empty() && first_of(cloud, {"auth.password"}).empty()
                         : type == "token" || type == "v3token";
  if (token) return Login::Method::token;
  if (type.empty() || type == "password" || type == "v3password") return Login::Method::password;
  return fail(wrong("CL5015", fmt::format("auth_type '{}' is not supported", printable(type)),
                    fmt::format("cloud '{}'", name), "write auth_type: password, v3applicationcredential or v3token"));
}

bool says_unverified(const Settings& cloud) {
  const std::string verify = lower(first_of(cloud, {"verify"}));
  const std::string insecure = lower(first_of(cloud, {"insecure"}));
  return verify == "false" || verify == "no" || insecure == "true" || insecure == "yes" || insecure == "1";
}

std::string keystone_url(std::string url) {
  url = std::string(net::without_slash(url));
  if (url.ends_with("/v2.0")) url.erase(url.size() - 5);
  return url.empty() || url.ends_with("/v3") ? url : url + "/v3";
}

void fill_identity(Login& login, const Settings& cloud) {
  const std::string fallback =
      first_of(cloud, {"default_domain_id", "auth.default_domain_id", "auth.domain_id", "default_domain"});
  login.user_id = first_of(cloud, {"auth.user_id"});
  login.user_name = first_of(cloud, {"auth.username", "auth.user_name"});
  login.user_domain_name = first_of(cloud, {"auth.user_domain_name", "user_domain_name", "auth.domain_name"});
  login.user_domain_id = first_of(cloud, {"auth.user_domain_id", "user_domain_id"});
  login.project_id = first_of(cloud, {"auth.project_id", "auth.tenant_id"});
  login.project_name = first_of(cloud, {"auth.project_name", "auth.tenant_name"});
  login.project_domain_name = first_of(cloud, {"auth.project_domain_name", "project_domain_name", "auth.domain_name"});
  login.project_domain_id = first_of(cloud, {"auth.project_domain_id", "project_domain_id"});
  const std::string domain = fallback.empty() ? "default" : fallback;
  if (login.user_domain_id.empty() && login.user_domain_name.empty()) login.user_domain_id = domain;
  if (login.project_domain_id.empty() && login.project_domain_name.empty()) login.project_domain_id = domain;
  login.application_credential_id = first_of(cloud, {"auth.application_credential_id"});
  login.application_credential_name = first_of(cloud, {"auth.application_credential_name"});
}

Secret secret_of(const Settings& cloud, Login::Method method) {
  if (method == Login::Method::token) return Secret(first_of(cloud, {"auth.token"}));
  if (method == Login::Method::password) return Secret(first_of(cloud, {"auth.password"}));
  return Secret(first_of(cloud, {"auth.application_credential_secret"}));
}

/// What a login of this method cannot do without.
std::vector<std::string> missing(const Login& login) {
  std::vector<std::string> names;
  const auto need = [&](bool there, const char* name) {
    if (!there) names.emplace_back(name);
  };
  const bool user = !login.user_id.empty() || !login.user_name.empty();
  need(!login.auth_url.empty(), "auth_url");
  if (login.method == Login::Method::application_credential) {
    need(!login.application_credential_id.empty() || !login.application_credential_name.empty(),
         "application_credential_id");
    need(!login.application_credential_id.empty() || user, "username (a credential by name needs its owner)");
    need(!login.secret.empty(), "application_credential_secret");
    return names;
  }
  need(login.method == Login::Method::token || user, "username");
  need(!login.secret.empty(), login.method == Login::Method::token ? "token" : "password");
  need(!login.project_id.empty() || !login.project_name.empty(), "project_name");
  return names;
}

/// Before anything is sent or stored: what is no URL may be a password in the wrong place.
Result<void> usable_urls(const Login& login) {
  const auto checked = [&](const std::string& setting, const std::string& url) -> Result<void> {
    if (!net::origin(url).empty()) return {};
    return fail(wrong("CL5018", fmt::format("the URL of {} cannot be used", setting),
                      fmt::format("cloud '{}': {}", login.cloud, printable(net::without_user(url))),
                      "write it in full, without user name and password: https://HOST:PORT/PATH"));
  };
  if (auto done = checked("auth_url", login.auth_url); !done) return done;
  for (const auto& [type, url] : login.endpoint_overrides)
    if (auto done = checked(type + "_endpoint_override", url); !done) return done;
  return {};
}

/// "project_name" -> OS_PROJECT_NAME
std::vector<std::string> variables_of(const std::vector<std::string>& lacks) {
  std::vector<std::string> names;
  for (const std::string& one : lacks) {
    std::string name = "OS_" + one.substr(0, one.find(' '));
    for (char& c : name)
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    names.push_back(std::move(name));
  }
  return names;
}

Result<Login> login_of(const Settings& cloud, const std::string& name, const Settings& entry) {
  if (says_unverified(cloud)) {
    return fail(wrong("CL5014", fmt::format("cloud '{}' turns the verification of certificates off", name),
                      "whoever stands between could then read the password and change the network",
                      "name the authority's PEM file as cacert: FILE, in place of verify: false"));
  }
  auto method = method_of(cloud, name);
  if (!method) return fail(std::move(method.error()));
  Login login;
  login.cloud = name;
  login.method = *method;
  login.auth_url = keystone_url(first_of(cloud, {"auth.auth_url"}));
  login.region = first_of(entry, {"region"});
  if (login.region.empty()) login.region = first_of(cloud, {"region_name"});
  login.interface = first_of(entry, {"interface"});
  if (login.interface.empty()) login.interface = first_of(cloud, {"interface", "endpoint_type"});
  if (login.interface.ends_with("URL")) login.interface.erase(login.interface.size() - 3);
  if (login.interface.empty()) login.interface = "public";
  login.ca_file = first_of(cloud, {"cacert"});
  fill_identity(login, cloud);
  login.secret = secret_of(cloud, *method);
  for (const char* type : {"network", "compute", "image"}) {
    const std::string url = first_of(cloud, {(std::string(type) + "_endpoint_override").c_str()});
    if (!url.empty()) login.endpoint_overrides[type] = url;
  }
  if (const auto lacks = missing(login); !lacks.empty()) {
    return fail(wrong("CL5005",
                      name == "OS_*" ? std::string("the OS_* variables make no login")
                                     : fmt::format("the login of cloud '{}' is incomplete", name),
                      "missing: " + join(lacks, ", "),
                      name == "OS_*"
                          ? fmt::format("set {}, or name a cloud of clouds.yaml: cloud: NAME in the provider "
                                        "entry",
                                        join(variables_of(lacks), ", "))
                          : fmt::format("complete the cloud '{}' in clouds.yaml: add {}: under auth:", name,
                                        lacks.front().substr(0, lacks.front().find(' ')))));
  }
  if (auto usable = usable_urls(login); !usable) return fail(std::move(usable.error()));
  return login;
}

/// Rows outlive changes of clouds.yaml: what they name must not silently become another account.
Result<Login> as_stored(Login login, const Settings& entry) {
  const std::string stored = first_of(entry, {"auth_url"});
  if (stored.empty() || net::without_slash(stored) == login.auth_url) return login;
  return fail(leads_elsewhere(fmt::format("cloud '{}' now leads elsewhere", login.cloud),
                              printable(net::without_user(stored)), printable(login.auth_url),
                              "put the former URL back; if the same account has moved, move the state away and rebuild "
                              "it from the marks of the objects: `cloison state recover`"));
}

}  // namespace

Diagnostic leads_elsewhere(std::string summary, const std::string& state_knows, const std::string& today,
                           std::string hint) {
  return wrong("CL5016", std::move(summary), fmt::format("the state knows {}, today it is {}", state_knows, today),
               std::move(hint));
}

Diagnostics check_settings(const std::string& entry, const Settings& settings) {
  Diagnostics notes;
  for (const auto& [key, value] : settings) {
    const bool zone = key.starts_with(k_zones) && key.size() > k_zones.size();
    if (zone || std::find(k_keys.begin(), k_keys.end(), key) != k_keys.end()) continue;
    std::vector<std::string> known(k_keys.begin(), k_keys.begin() + k_written);
    known.emplace_back("availability_zones");
    Diagnostic note =
        wrong("CL5019", fmt::format("provider '{}' has no setting '{}'", entry, printable(key)), "",
              suggestions(key, known).empty() ? "remove it; " + did_you_mean(key, known) : did_you_mean(key, known));
    note.kind = ErrorKind::topology;
    note.address = "providers." + entry + "." + printable(key);
    notes.push_back(std::move(note));
  }
  return notes;
}

Result<Login> load_login(const Settings& settings, const net::Access& access) {
  std::string name = first_of(settings, {"cloud"});
  if (name.empty()) name = access.variable("OS_CLOUD").value_or("");
  Result<Settings> cloud = name.empty() ? Result<Settings>(from_environment(access)) : read_cloud(name, access);
  if (!cloud) return fail(std::move(cloud.error()));
  auto login = login_of(*cloud, name.empty() ? "OS_*" : name, settings);
  for (auto& [key, value] : *cloud) {
    if (!key.ends_with("password") && !key.ends_with("secret") && !key.ends_with("token")) continue;
    const Secret learned(std::move(value));
    access.learn(learned);
  }
  if (!login) return login;
  return as_stored(std::move(*login), settings);
}

}  // namespace cloison::openstack
