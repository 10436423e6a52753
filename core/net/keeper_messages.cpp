#include "core/net/keeper_messages.h"

#include <charconv>

#include <fmt/format.h>

#include "core/net/unix_socket.h"

namespace cloison::net {

namespace {

constexpr std::size_t k_longest_head = std::size_t{1} << 20U, k_longest_body = std::size_t{128} << 20U;
constexpr std::size_t k_digits = 12;  // of the head's length, in front of it

Json texts(const std::vector<std::filesystem::path>& paths) {
  Json::Array all;
  for (const auto& path : paths) all.push_back(Json::text(path.native()));
  return Json::array(std::move(all));
}

Json json_of(const SshHost& host) {
  auto json = Json::object();
  json.set("address", Json::text(host.address)).set("port", Json::integer(host.port));
  json.set("user", Json::text(host.user)).set("fingerprint", Json::text(host.fingerprint));
  return json;
}

Json json_of(const SshTarget& target) {
  auto json = Json::object();
  json.set("host", json_of(target.host));
  if (target.bastion) json.set("bastion", json_of(*target.bastion));
  json.set("known_hosts", texts(target.known_hosts)).set("keys", texts(target.keys));
  json.set("agent", Json::text(target.agent));
  return json;
}

int64_t number_at(const Json& json, std::string_view name) {
  const auto* found = json.find(name);
  return found == nullptr || found->as_integer() == nullptr ? 0 : *found->as_integer();
}

bool flag_at(const Json& json, std::string_view name) {
  const auto* found = json.find(name);
  return found != nullptr && found->as_boolean() != nullptr && *found->as_boolean();
}

std::vector<std::string> texts_at(const Json& json, std::string_view name) {
  std::vector<std::string> all;
  const auto* found = json.find(name);
  if (found == nullptr || found->as_array() == nullptr) return all;
  for (const auto& one : *found->as_array())
    if (one.as_text() != nullptr) all.push_back(*one.as_text());
  return all;
}

SshHost host_of(const Json& json) {
  return {.address = std::string(json.text_at("address")),
          .port = static_cast<uint16_t>(number_at(json, "port")),
          .user = std::string(json.text_at("user")),
          .fingerprint = std::string(json.text_at("fingerprint"))};
}

SshTarget target_of(const Json& json) {
  SshTarget target;
  if (const auto* host = json.find("host")) target.host = host_of(*host);
  if (const auto* bastion = json.find("bastion")) target.bastion = host_of(*bastion);
  for (const auto& path : texts_at(json, "known_hosts")) target.known_hosts.emplace_back(path);
  for (const auto& path : texts_at(json, "keys")) target.keys.emplace_back(path);
  target.agent = json.text_at("agent");
  return target;
}

/// The head's length, the head, and behind it what may be anything.
bool send_message(int socket, const Json& head, std::initializer_list<std::string_view> bodies, const Limits& limits) {
  const auto text = to_text(head);
  if (!send_all(socket, fmt::format("{:0{}}", text.size(), k_digits) + text, limits)) return false;
  for (const auto body : bodies)
    if (!send_all(socket, body, limits)) return false;
  return true;
}

std::optional<Json> receive_head(int socket, const Limits& limits) {
  std::string bytes;
  if (!receive_all(socket, bytes, k_digits, limits)) return std::nullopt;
  std::size_t length = 0;
  const auto [end, error] = std::from_chars(bytes.data(), bytes.data() + bytes.size(), length);
  if (error != std::errc{} || end != bytes.data() + bytes.size() || length > k_longest_head) return std::nullopt;
  if (!receive_all(socket, bytes, length, limits)) return std::nullopt;
  auto json = parse_json(bytes);
  return json ? std::optional(*std::move(json)) : std::nullopt;
}

bool receive_body(int socket, std::string& body, int64_t length, const Limits& limits) {
  if (length < 0 || static_cast<std::size_t>(length) > k_longest_body) return false;
  return receive_all(socket, body, static_cast<std::size_t>(length), limits);
}

}  // namespace

std::string key_of(const SshTarget& target) {
  return to_text(json_of(target));
}

bool send_request(int socket, const KeeperRequest& request, const Limits& limits) {
  Json::Array words;
  for (const auto& word : request.command.argv) words.push_back(Json::text(word));
  auto head = Json::object();
  head.set("target", json_of(request.target)).set("disconnect", Json::boolean(request.disconnect));
  head.set("argv", Json::array(std::move(words))).set("writes", Json::boolean(request.command.writes));
  head.set("output_limit", Json::integer(static_cast<int64_t>(request.command.output_limit)));
  head.set("patience", Json::integer(request.patience.count()));
  head.set("input", Json::integer(static_cast<int64_t>(request.command.input.size())));
  return send_message(socket, head, {request.command.input}, limits);
}

std::optional<KeeperRequest> receive_request(int socket, const Limits& limits) {
  const auto head = receive_head(socket, limits);
  if (!head) return std::nullopt;
  KeeperRequest request;
  if (const auto* target = head->find("target")) request.target = target_of(*target);
  request.disconnect = flag_at(*head, "disconnect");
  request.command.argv = texts_at(*head, "argv");
  request.command.writes = flag_at(*head, "writes");
  request.command.output_limit = static_cast<std::size_t>(std::max<int64_t>(number_at(*head, "output_limit"), 0));
  request.patience = std::chrono::milliseconds(number_at(*head, "patience"));
  if (!receive_body(socket, request.command.input, number_at(*head, "input"), limits)) return std::nullopt;
  return request;
}

bool send_answer(int socket, const Result<CommandOutput>& answer, const Limits& limits) {
  auto head = Json::object();
  if (!answer) {
    const auto& why = answer.error();
    head.set("kind", Json::integer(static_cast<int64_t>(why.kind))).set("code", Json::text(why.code));
    head.set("summary", Json::text(why.summary)).set("detail", Json::text(why.detail));
    head.set("hint", Json::text(why.hint));
    return send_message(socket, head, {}, limits);
  }
  head.set("status", Json::integer(answer->status)).set("signal", Json::text(answer->signal));
  head.set("out", Json::integer(static_cast<int64_t>(answer->out.size())));
  head.set("err", Json::integer(static_cast<int64_t>(answer->err.size())));
  return send_message(socket, head, {answer->out, answer->err}, limits);
}

std::optional<Result<CommandOutput>> receive_answer(int socket, const Limits& limits) {
  const auto head = receive_head(socket, limits);
  if (!head) return std::nullopt;
  if (head->find("kind") != nullptr)
    return fail(Diagnostic{.kind = static_cast<ErrorKind>(number_at(*head, "kind")),
                           .code = std::string(head->text_at("code")),
                           .summary = std::string(head->text_at("summary")),
                           .detail = std::string(head->text_at("detail")),
                           .hint = std::string(head->text_at("hint"))});
  CommandOutput output{.status = static_cast<int>(number_at(*head, "status")),
                       .signal = std::string(head->text_at("signal"))};
  if (!receive_body(socket, output.out, number_at(*head, "out"), limits) ||
      !receive_body(socket, output.err, number_at(*head, "err"), limits))
    return std::nullopt;
  return output;
}

}  // namespace cloison::net
