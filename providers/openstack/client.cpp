#include "providers/openstack/client.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/net/url.h"
#include "providers/openstack/refusal.h"

namespace cloison::openstack {

namespace {

using net::Answer;
using net::Json;
using std::chrono::milliseconds;

constexpr int k_attempts = 4;
constexpr milliseconds k_first_pause{400};
constexpr milliseconds k_longest_pause{30'000};
constexpr std::string_view k_page = "1000";

milliseconds pause_before(int attempt, const std::optional<Answer>& answer) {
  if (answer)
    if (const auto asked = net::retry_after(*answer)) return std::min<milliseconds>(*asked, k_longest_pause);
  return k_first_pause * (1 << attempt);
}

/// The `next` link of a page: Neutron's `networks_links`, Nova's `servers_links`, Glance's `next`.
std::string next_link(const Json& page, const std::string& member) {
  if (!page.text_at("next").empty()) return std::string(page.text_at("next"));
  const Json* links = page.find(member + "_links");
  if (links == nullptr || links->as_array() == nullptr) return {};
  for (const Json& link : *links->as_array())
    if (link.text_at("rel") == "next") return std::string(link.text_at("href"));
  return {};
}

Diagnostic endless(const std::string& path) {
  return {.kind = ErrorKind::unsupported,
          .code = "CL5114",
          .summary = "the pages of a list do not end",
          .detail = path,
          .hint =
              "does the address lead to the service itself? name it in clouds.yaml: network_endpoint_override: "
              "(compute_, image_); else tell the operator"};
}

/// The account that rows name must be the one that answers.
Result<void> same_account(const Session& session, const Settings& settings, const std::string& region) {
  constexpr const char* hint = "put the former entry back under its name, and give the new one a name of its own";
  const auto stored = settings.find("project");
  if (stored != settings.end() && stored->second != session.project_id && stored->second != session.project_name) {
    return fail(leads_elsewhere("the login now leads to another project", printable(stored->second),
                                printable(fmt::format("{} ({})", session.project_name, session.project_id)), hint));
  }
  if (!region.empty() && region != session.region)
    return fail(
        leads_elsewhere("the login now leads to another region", printable(region), printable(session.region), hint));
  return {};
}

}  // namespace

void Client::expect(const Settings& stored) {
  for (const char* key : {"auth_url", "project"})
    if (const auto known = stored.find(key); known != stored.end()) settings_.emplace(key, known->second);
  if (const auto known = stored.find("region"); known != stored.end()) region_ = known->second;
}

Result<void> Client::open() {
  if (login_) return {};
  auto login = load_login(settings_, access_);
  if (!login) return fail(std::move(login.error()));
  net::HttpSettings http;
  http.ca_file = login->ca_file;
  http.trace = access_.trace;
  transport_ = access_.transport ? access_.transport : net::make_http(std::move(http));
  login_ = std::make_shared<const Login>(std::move(*login));
  return {};
}

Result<std::shared_ptr<const Session>> Client::session(const net::Limits& limits) {
  const std::lock_guard lock(mutex_);
  // a token cannot be renewed, so it is used to its end
  const bool token = login_ && login_->method == Login::Method::token;
  if (session_ && !session_->ends_within(std::chrono::seconds(token ? 0 : 60))) return session_;
  if (auto opened = open(); !opened) return fail(std::move(opened.error()));
  auto made = log_in(*login_, *transport_, access_, limits);
  if (!made) return fail(std::move(made.error()));
  if (auto same = same_account(*made, settings_, region_); !same) return fail(std::move(same.error()));
  session_ = std::make_shared<const Session>(std::move(*made));
  return session_;
}

Result<std::shared_ptr<const Session>> Client::renewed(const std::shared_ptr<const Session>& refused,
                                                       const net::Limits& limits) {
  {
    const std::lock_guard lock(mutex_);
    if (session_ == refused) session_.reset();  // else another thread has renewed it meanwhile
  }
  return session(limits);
}

Result<Answer> Client::attempt(const Task& task, const net::Limits& limits) {
  auto now = session(limits);
  for (bool again = false;; again = true) {
    if (!now) return fail(std::move(now.error()));
    auto base = endpoint(**now, task.service);
    if (!base) return fail(std::move(base.error()));
    net::Request request{.method = task.method, .url = *base + task.path};
    request.headers = {{"X-Auth-Token", std::string((*now)->token.reveal())}, {"Accept", "application/json"}};
    if (!task.body.empty()) request.headers.push_back({"Content-Type", "application/json"});
    // 2.47: a server tells its flavor's name and size, not only an identifier that may be gone
    if (task.service == Service::compute) request.headers.push_back({"X-OpenStack-Nova-API-Version", "2.47"});
    if (task.revision >= 0) request.headers.push_back({"If-Match", fmt::format("revision_number={}", task.revision)});
    request.body = task.body;
    request.writes = task.writes;
    request.once = task.writes && !task.repeatable;
    auto answer = transport_->send(request, limits);
    // a refused token means that nothing was done, so even a create may go again
    if (!answer || answer->status != 401 || again) return answer;
    now = renewed(*now, limits);
  }
}

Result<Answer> Client::answered(const Task& task, const net::Limits& limits) {
  for (int tried = 0;; ++tried) {
    auto answer = attempt(task, limits);
    if (answer && answer->status >= 200 && answer->status < 300) return answer;
    Diagnostic why = answer ? refusal(task.method, task.path, *answer, task.writes) : std::move(answer.error());
    const bool not_done =
        why.kind == ErrorKind::transient || (why.kind == ErrorKind::throttled && answer && answer->status != 413);
    const bool unknown = why.kind == ErrorKind::in_doubt || why.kind == ErrorKind::timeout;
    if (tried + 1 >= k_attempts || !(not_done || (unknown && task.repeatable))) return fail(std::move(why));
    const std::optional<Answer> last = answer ? std::optional(std::move(*answer)) : std::nullopt;
    if (!pause(pause_before(tried, last), limits)) return fail(std::move(why));
  }
}

bool Client::pause(std::chrono::milliseconds time, const net::Limits& limits) const {
  return net::wait(access_.paced(time), limits);
}

Result<Json> Client::parsed(const Task& task, const net::Limits& limits) {
  auto answer = answered(task, limits);
  if (!answer) return fail(std::move(answer.error()));
  if (answer->body.empty()) return Json::null();
  auto json = net::parse_json(answer->body);
  if (!json) {
    json.error() = not_understood("the answer", fmt::format("{} {}: {}", task.method, task.path, json.error().detail));
    if (task.writes && !task.repeatable) json.error().kind = ErrorKind::in_doubt;
  }
  return json;
}

Result<Json> Client::get(Service service, const std::string& path, const net::Limits& limits) {
  return parsed({.service = service, .path = path}, limits);
}

Result<std::vector<Json>> Client::list(Service service, const std::string& path, Query query, const std::string& member,
                                       const net::Limits& limits) {
  query.emplace_back("limit", k_page);
  std::string asked = "?" + net::query(query);
  std::set<std::string> seen;
  std::vector<Json> all;
  while (true) {
    if (!seen.insert(asked).second) return fail(endless(path));
    auto page = get(service, path + asked, limits);
    if (!page) return fail(std::move(page.error()));
    const Json* items = page->find(member);
    if (items == nullptr || items->as_array() == nullptr)
      return fail(not_understood(fmt::format("the answer to {}", path), "no list '" + member + "'"));
    const std::string next = next_link(*page, member);
    const bool more = !next.empty() && !items->as_array()->empty();
    for (auto& [name, value] : std::get<Json::Object>(page->data)) {
      if (&value != items) continue;
      auto& array = std::get<Json::Array>(value.data);
      std::move(array.begin(), array.end(), std::back_inserter(all));
    }
    if (!more) return all;
    const auto mark = next.find('?');
    if (mark == std::string::npos) return fail(endless(path));
    asked = next.substr(mark);
  }
}

Result<Json> Client::create(Service service, const std::string& path, const Json& body, const net::Limits& limits) {
  return parsed({.service = service,
                 .method = "POST",
                 .path = path,
                 .body = net::to_text(body),
                 .writes = true,
                 .repeatable = false},
                limits);
}

Result<Json> Client::put(Service service, const std::string& path, const Json& body, const net::Limits& limits,
                         int64_t revision) {
  return parsed({.service = service,
                 .method = "PUT",
                 .path = path,
                 .body = net::to_text(body),
                 .writes = true,
                 .repeatable = false,
                 .revision = revision},
                limits);
}

Result<void> Client::remove(Service service, const std::string& path, const net::Limits& limits) {
  auto answer = answered({.service = service, .method = "DELETE", .path = path, .writes = true}, limits);
  if (answer || answer.error().kind == ErrorKind::not_found) return {};
  return fail(std::move(answer.error()));
}

}  // namespace cloison::openstack
