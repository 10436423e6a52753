#include "providers/openstack/session.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <openssl/crypto.h>

#include "core/base/clock.h"
#include "core/base/strings.h"
#include "core/net/url.h"
#include "providers/openstack/refusal.h"

namespace cloison::openstack {

namespace {

using net::Json;

Json domain(const std::string& id, const std::string& name) {
  return Json::object(
      {id.empty() ? std::pair{std::string("name"), Json::text(name)} : std::pair{std::string("id"), Json::text(id)}});
}

Json user(const Login& login) {
  if (!login.user_id.empty()) return Json::object({{"id", Json::text(login.user_id)}});
  return Json::object(
      {{"name", Json::text(login.user_name)}, {"domain", domain(login.user_domain_id, login.user_domain_name)}});
}

Json identity(const Login& login) {
  const Json secret = Json::text(std::string(login.secret.reveal()));
  const auto with = [](const char* method, Json how) {
    return Json::object({{"methods", Json::array({Json::text(method)})}, {method, std::move(how)}});
  };
  if (login.method == Login::Method::token) return with("token", Json::object({{"id", secret}}));
  if (login.method == Login::Method::password) {
    Json who = user(login);
    who.set("password", secret);
    return with("password", Json::object({{"user", std::move(who)}}));
  }
  Json credential = Json::object({{"secret", secret}});
  if (login.application_credential_id.empty()) {
    credential.set("name", Json::text(login.application_credential_name)).set("user", user(login));
  } else {
    credential.set("id", Json::text(login.application_credential_id));
  }
  return with("application_credential", std::move(credential));
}

std::string login_body(const Login& login) {
  Json auth = Json::object({{"identity", identity(login)}});
  if (login.method != Login::Method::application_credential) {  // a credential is bound to its project
    Json project = login.project_id.empty()
                       ? Json::object({{"name", Json::text(login.project_name)},
                                       {"domain", domain(login.project_domain_id, login.project_domain_name)}})
                       : Json::object({{"id", Json::text(login.project_id)}});
    auth.set("scope", Json::object({{"project", std::move(project)}}));
  }
  return net::to_text(Json::object({{"auth", std::move(auth)}}));
}

/// "2026-11-23T21:28:44.000000Z"
std::optional<Instant> moment(std::string_view text) {
  const auto dot = text.find('.');
  return parse_rfc3339(dot == std::string_view::npos ? std::string(text) : std::string(text.substr(0, dot)) + "Z");
}

std::string versioned(std::string_view type, std::string_view url) {
  std::string base(net::without_slash(url));
  const std::string_view path = net::path(base);
  const std::string_view last = path.substr(path.rfind('/') + 1);
  const bool has_version = last.size() > 1 && last.front() == 'v' && last[1] >= '0' && last[1] <= '9';
  if (has_version || type == "compute") return base;
  return base + (type == "network" ? "/v2.0" : "/v2");
}

Diagnostic no_region(const std::string& region, const std::set<std::string>& regions) {
  const std::vector<std::string> known(regions.begin(), regions.end());
  const auto near = suggestions(region, known);
  const std::string proposed = near.empty() ? known.front() : near.front();
  return {.kind = ErrorKind::auth,
          .code = "CL5011",
          .summary = region.empty() ? std::string("the catalogue has several regions")
                                    : fmt::format("the catalogue has no region '{}'", printable(region)),
          .detail = "regions: " + printable(join(known, ", ")),
          .hint = fmt::format("set region: {0} in the provider entry, or region_name: {0} in clouds.yaml",
                              printable(proposed))};
}

/// Endpoints of the wanted interface and region. Types that the catalogue lacks stay away: they are named when asked
/// for.
Result<void> read_catalogue(Session& session, const Json& catalogue, const Login& login) {
  std::set<std::string> regions;
  std::vector<std::array<std::string, 3>> found;  // type, region, URL
  for (const Json& service : *catalogue.as_array()) {
    const Json* endpoints = service.find("endpoints");
    if (endpoints == nullptr || endpoints->as_array() == nullptr) continue;
    for (const Json& one : *endpoints->as_array()) {
      const std::string region(one.text_at("region").empty() ? one.text_at("region_id") : one.text_at("region"));
      const std::string type(service.text_at("type"));
      if (one.text_at("interface") != login.interface || net::origin(one.text_at("url")).empty()) continue;
      if (type != "identity") regions.insert(region);
      found.push_back({type, region, std::string(one.text_at("url"))});
    }
  }
  session.region = login.region;
  if (login.region.empty() && regions.size() == 1) session.region = *regions.begin();
  if (!regions.empty() && !regions.contains(session.region)) return fail(no_region(login.region, regions));
  for (const auto& [type, region, url] : found)
    if (region == session.region) session.endpoints.emplace(type, versioned(type, url));
  for (const auto& [type, url] : login.endpoint_overrides) session.endpoints[type] = versioned(type, url);
  return {};
}

Diagnostic no_login(std::string detail) {
  Diagnostic why = not_understood("the login's answer", std::move(detail));
  why.hint = "does auth_url: in clouds.yaml lead to Keystone itself? --debug shows each exchange";
  return why;
}

Result<Session> read_session(const net::Answer& answer, const Login& login) {
  auto body = net::parse_json(answer.body);
  if (!body) return fail(no_login(std::move(body.error().detail)));
  const Json* token = body->find("token");
  const Json* catalogue = token == nullptr ? nullptr : token->find("catalog");
  const Json* project = token == nullptr ? nullptr : token->find("project");
  const auto expires = token == nullptr ? std::nullopt : moment(token->text_at("expires_at"));
  if (answer.header("X-Subject-Token").empty() || project == nullptr || project->text_at("id").empty() ||
      catalogue == nullptr || catalogue->as_array() == nullptr || !expires) {
    return fail(no_login("token, expires_at, project and catalog are needed; was the login scoped to a project?"));
  }
  Session session;
  session.token = Secret(std::string(answer.header("X-Subject-Token")));
  session.expires = *expires;
  session.project_id = project->text_at("id");
  session.project_name = project->text_at("name");
  if (const Json* who = token->find("user")) session.user_name = who->text_at("name");
  if (auto read = read_catalogue(session, *catalogue, login); !read) return fail(std::move(read.error()));
  return session;
}

}  // namespace

std::string_view service_type(Service service) {
  return service == Service::network ? "network" : service == Service::compute ? "compute" : "image";
}

std::string_view service_title(Service service) {
  return service == Service::network   ? "Neutron (network)"
         : service == Service::compute ? "Nova (compute)"
                                       : "Glance (image)";
}

Result<Session> log_in(const Login& login, net::Transport& transport, const net::Access& access,
                       const net::Limits& limits) {
  net::Request request{.method = "POST", .url = login.auth_url + "/auth/tokens"};
  request.headers = {{"Content-Type", "application/json"}, {"Accept", "application/json"}};
  request.body = login_body(login);
  auto answer = transport.send(request, limits);
  OPENSSL_cleanse(request.body.data(), request.body.size());
  if (!answer) return fail(std::move(answer.error()));
  if (answer->status != 201 && answer->status != 200) {
    Diagnostic why = refusal(request.method, request.url, *answer, false);
    if (answer->status == 401) {
      why.code = "CL5006";
      why.summary = fmt::format("the login of cloud '{}' is refused", login.cloud);
      why.hint = login.method == Login::Method::token
                     ? std::string("a token cannot be renewed: get another one (openstack token issue)")
                     : fmt::format("correct user, password and project of the cloud '{}' in clouds.yaml", login.cloud);
    }
    return fail(std::move(why));
  }
  auto session = read_session(*answer, login);
  if (session) access.learn(session->token);
  return session;
}

Result<std::string> endpoint(const Session& session, Service service) {
  const auto found = session.endpoints.find(std::string(service_type(service)));
  if (found != session.endpoints.end()) return found->second;
  return fail(lacks_service(service, catalogue_words(session)));
}

std::string catalogue_words(const Session& session) {
  std::vector<std::string> there;
  for (const auto& [type, url] : session.endpoints) there.push_back(type);
  return printable(fmt::format("region {}: {}", session.region, there.empty() ? "none" : join(there, ", ")));
}

Diagnostic lacks_service(Service service, std::string catalogue) {
  return {.kind = ErrorKind::unsupported,
          .code = "CL5012",
          .summary = fmt::format("the catalogue has no {} service", service_title(service)),
          .detail = std::move(catalogue),
          .hint = fmt::format("check region: and interface: of the provider entry; if it is there all the same, name "
                              "its address in clouds.yaml: {}_endpoint_override: URL",
                              service_type(service))};
}

}  // namespace cloison::openstack
