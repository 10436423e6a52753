#include <fmt/format.h>
#include <openssl/evp.h>

#include "core/base/strings.h"
#include "core/net/cloud_config.h"
#include "providers/openstack/choose.h"
#include "providers/openstack/create.h"
#include "providers/openstack/fields.h"
#include "providers/openstack/observe.h"
#include "providers/openstack/refusal.h"
#include "providers/openstack/schema.h"
#include "providers/openstack/wire.h"

namespace cloison::openstack {

namespace {

using net::Json;
using net::Limits;

// At the pace of k_poll: far longer than a busy server takes, far shorter than a call may last.
constexpr unsigned k_attach_polls = 60;
constexpr std::chrono::milliseconds k_poll{1000};

const Value& wanted(const Value& attributes, std::string_view name) {
  return attribute(schema(kind::k_server), attributes, name);
}

std::string base64(const std::string& text) {
  std::string encoded(4 * ((text.size() + 2) / 3) + 1, '\0');
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                      reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  encoded.resize(static_cast<std::size_t>(length));
  return encoded;
}

Result<Json> server_body(const Maker& maker, const CreateRequest& request, const Limits& limits) {
  const Value& attributes = request.resource.attributes;
  auto facts = maker.compute_facts(limits);
  if (!facts) return fail(std::move(facts.error()));
  const auto* cpu = wanted(attributes, "cpu").as_integer();
  const auto* memory = wanted(attributes, "memory").as_integer();
  auto image = choose_image(*facts, wanted(attributes, "image").text_or_empty());
  if (!image) return fail(std::move(image.error()));
  auto flavor = choose_flavor(*facts, wanted(attributes, "flavor").text_or_empty(), cpu == nullptr ? 1 : *cpu,
                              memory == nullptr ? 1 : *memory);
  if (!flavor) return fail(std::move(flavor.error()));
  auto first_boot = user_data(attributes, maker.access);
  if (!first_boot) return fail(std::move(first_boot.error()));
  Json server = Json::object({{"name", Json::text(wanted(attributes, "name").text_or_empty())},
                              {"imageRef", Json::text(image->id)},
                              {"flavorRef", Json::text(flavor->id)},
                              {"metadata", Json::object({{"cloison", Json::text(request.marker.text())}})}});
  Json::Array networks;
  if (const auto* ports = wanted(attributes, "ports").as_list())
    for (const Value& port : *ports) networks.push_back(Json::object({{"port", Json::text(port.text_or_empty())}}));
  server.set("networks", Json::array(std::move(networks)));
  if (!wanted(attributes, "zone").is_null())
    server.set("availability_zone", Json::text(wanted(attributes, "zone").text_or_empty()));
  if (!first_boot->empty()) server.set("user_data", Json::text(base64(*first_boot)));
  return Json::object({{"server", std::move(server)}});
}

Diagnostic build_failed(const Json& server) {
  const Json* fault = server.find("fault");
  return {.kind = ErrorKind::conflict,
          .code = "CL5112",
          .summary = "the server could not be built",
          .detail =
              fault == nullptr ? std::string("no cause is given") : printable(fault->text_at("message").substr(0, 400)),
          .hint = "it was removed again; name another flavor: or zone, or run it again later"};
}

constexpr std::string_view k_built = "built", k_removed = "removed";

Diagnostic still(std::string_view what, const std::string& id) {
  return {.kind = ErrorKind::in_doubt,
          .code = "CL5116",
          .summary = fmt::format("the server is still being {}", what),
          .detail = id,
          .hint = "run it again later: the next run looks how far it is"};
}

/// Polls until the server is as `done` says, which answers nullopt to go on.
template <class Done>
auto polled(Client& client, const std::string& id, const Limits& limits, std::string_view what, Done done) ->
    typename std::invoke_result_t<Done, Result<Json>>::value_type {
  while (true) {
    auto answer = client.get(Service::compute, "/servers/" + id, limits);
    const bool too_late = std::chrono::steady_clock::now() >= limits.deadline;
    if (!answer && too_late) return fail(still(what, id));  // that it could not be asked once more is no news
    if (auto result = done(std::move(answer))) return std::move(*result);
    if (!client.pause(k_poll, limits)) return fail(still(what, id));
  }
}

std::optional<Result<Json>> active(Result<Json> answer) {
  if (!answer) {
    answer.error().kind = ErrorKind::in_doubt;  // it was accepted; only looking at it failed
    return answer;
  }
  const Json* server = answer->find("server");
  if (server == nullptr) return fail(not_understood("a server's state", "'server' is missing"));
  if (server->text_at("status") == "ACTIVE") return *server;
  if (server->text_at("status") == "ERROR") return fail(build_failed(*server));
  return std::nullopt;
}

/// Nova may say ACTIVE before its port updates have reached Neutron: what is read then would look like drift later.
Result<std::vector<std::string>> attached_ports(Client& client, const std::string& id, const Value& asked,
                                                const Limits& limits) {
  const std::size_t count = asked.as_list() == nullptr ? 0 : asked.as_list()->size();
  for (unsigned tries = 0;; ++tries) {
    auto ports = ports_of_server(client, id, limits);
    if (!ports || ports->size() >= count || tries == k_attach_polls || !client.pause(k_poll, limits)) return ports;
  }
}

std::optional<Result<void>> gone(Result<Json> answer) {
  if (answer) return std::nullopt;
  if (answer.error().kind == ErrorKind::not_found) return Result<void>();
  return Result<void>(fail(std::move(answer.error())));
}

}  // namespace

Result<std::string> user_data(const Value& server, const net::Access& access) {
  std::vector<std::string> references;
  if (const auto* listed = wanted(server, "authorized_keys").as_list())
    for (const Value& reference : *listed) references.push_back(reference.text_or_empty());
  if (references.empty()) return std::string();
  auto config = net::cloud_config(wanted(server, "account").text_or_empty(), references, access);
  if (!config) return config;
  return "#cloud-config\n" + *config + "\n";
}

Result<Applied> create_server(const Maker& maker, const CreateRequest& request, const Limits& limits) {
  auto body = server_body(maker, request, limits);
  if (!body) return fail(std::move(body.error()));
  auto answer = maker.client.create(Service::compute, "/servers", *body, limits);
  if (!answer) return fail(std::move(answer.error()));
  const Json* accepted = answer->find("server");
  Fields fields("Nova's answer to a new server", accepted == nullptr ? *answer : *accepted);
  const std::string id = fields.id("id");
  if (fields.error()) {
    Diagnostic why = *fields.error();
    why.kind = ErrorKind::in_doubt;
    return fail(std::move(why));
  }
  Result<Json> server = polled(maker.client, id, limits, k_built, active);
  if (!server) {
    // It is ours, seconds old and of no use: left behind, the next plan would take it over as it is.
    if (server.error().code == "CL5112") (void)remove_server(maker.client, id, limits);
    return fail(std::move(server.error()));
  }
  auto ports = attached_ports(maker.client, id, wanted(request.resource.attributes, "ports"), limits);
  Result<Observed> seen = ports ? read_server(*server, *ports) : fail(std::move(ports.error()));
  if (seen) return Applied{std::move(seen->remote_id), std::move(seen->attributes)};
  seen.error().kind = ErrorKind::in_doubt;
  return fail(std::move(seen.error()));
}

Result<void> remove_server(Client& client, const std::string& id, const Limits& limits) {
  if (auto removed = client.remove(Service::compute, "/servers/" + id, limits); !removed) return removed;
  return polled(client, id, limits, k_removed, gone);
}

}  // namespace cloison::openstack
