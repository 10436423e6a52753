#include "providers/openstack/refusal.h"

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/net/json.h"
#include "core/net/url.h"

namespace cloison::openstack {

namespace {

struct Complaint {
  std::string type{}, message{};
};

/// {"NeutronError": {"type", "message"}}, Keystone's {"error": {"message"}}, Nova's {"badRequest": {"message"}}, or
/// HTML.
Complaint complaint_of(const net::Answer& answer) {
  constexpr std::size_t k_longest = 600;
  Complaint complaint;
  const auto body =
      answer.body.size() < (std::size_t{1} << 20U) ? net::parse_json(answer.body) : net::parse_json("null");
  const auto* members = body ? body->as_object() : nullptr;
  if (members != nullptr) {
    for (const auto& [name, value] : *members) {
      if (!value.text_at("message").empty()) {
        complaint.message = value.text_at("message");
        complaint.type = value.text_at("type").empty() ? name : std::string(value.text_at("type"));
        break;
      }
      if (const auto* text = value.as_text(); text != nullptr && complaint.message.empty()) complaint.message = *text;
    }
  }
  if (complaint.message.size() > k_longest) {
    complaint.message.erase(k_longest);
    complaint.message += "…";
  }
  complaint.message = printable(complaint.message);
  complaint.type = printable(complaint.type.substr(0, 80));
  return complaint;
}

constexpr const char* k_later = "run it again later; the operator's status page may say more";
constexpr const char* k_itself =
    "does the address lead to the service itself? name it in clouds.yaml: network_endpoint_override: (compute_, "
    "image_); --debug shows each exchange";

struct Meaning {
  ErrorKind kind;
  const char* code;
  const char* summary;
  const char* hint = "";
};

bool says(const Complaint& complaint, std::string_view word) {
  return complaint.type.find(word) != std::string::npos || complaint.message.find(word) != std::string::npos;
}

Meaning conflict(const Complaint& complaint) {
  if (says(complaint, "OverQuota") || says(complaint, "uota exceeded"))
    return {ErrorKind::quota, "CL5201", "the project's quota does not allow it",
            "ask for a larger quota, or remove what is no longer used"};
  if (complaint.type.ends_with("Exists") || says(complaint, "already exists"))
    return {ErrorKind::conflict, "CL5107", "such an object exists already",
            "in a group of ours the next `cloison apply` takes it over; elsewhere remove it, or choose another value"};
  if (says(complaint, "InUse") || says(complaint, "in use") || says(complaint, "still has"))
    return {ErrorKind::conflict, "CL5108", "the object is in use", "remove what uses it, then `cloison COMMAND` again"};
  return {ErrorKind::conflict, "CL5110", "the platform refuses it in the present state",
          "remove what the platform names, or choose another value; then `cloison COMMAND` again"};
}

Meaning forbidden(const Complaint& complaint) {
  if (says(complaint, "uota exceeded") || says(complaint, "OverQuota")) return conflict(complaint);
  return {ErrorKind::permission, "CL5105", "the account may not do this",
          "ask the cloud's operator for the role that may"};
}

Meaning client_error(int status, const Complaint& complaint) {
  switch (status) {
    case 401:
      return {ErrorKind::auth, "CL5006", "the login is refused",
              "check user, password and project in clouds.yaml; a token that has ended must be replaced"};
    case 403:
      return forbidden(complaint);
    case 404:
      return {ErrorKind::not_found, "CL5106", "the object, or one it refers to, is not there",
              "the next `cloison apply` makes anew what is gone"};
    case 409:
      return conflict(complaint);
    case 412:
      return {ErrorKind::conflict, "CL5109", "the object was changed meanwhile",
              "`cloison apply` again: it plans with what is there now"};
    case 413:
    case 429:
      return {ErrorKind::throttled, "CL5102", "the platform asks to slow down",
              "run it again later, or with fewer calls at once: `cloison apply --parallelism 2`"};
    default:
      return {ErrorKind::conflict, "CL5104", "the platform refuses the request",
              "correct what the platform names; if the topology is right, please report it"};
  }
}

Meaning meaning_of(const net::Answer& answer, bool writes, const Complaint& complaint) {
  if (answer.status >= 400 && answer.status < 500) return client_error(answer.status, complaint);
  if (answer.status == 503) return {ErrorKind::transient, "CL5103", "the service is not available", k_later};
  if (answer.status >= 500 && writes)
    return {ErrorKind::in_doubt, "CL5111", "the service failed: the change may or may not have been made",
            "run it again: the next run looks before it does anything"};
  if (answer.status >= 500) return {ErrorKind::transient, "CL5103", "the service failed", k_later};
  if (answer.status >= 300 && answer.status < 400) {
    return {ErrorKind::unsupported, "CL5013",
            "the service answers with a redirect, which is not followed: it would carry the token elsewhere",
            "name the new address in clouds.yaml: auth_url:, or network_endpoint_override: (compute_, image_)"};
  }
  return {ErrorKind::unsupported, "CL5101", "the answer is not understood", k_itself};
}

}  // namespace

Diagnostic refusal(std::string_view method, std::string_view url, const net::Answer& answer, bool writes) {
  const Complaint complaint = complaint_of(answer);
  const Meaning meaning = meaning_of(answer, writes, complaint);
  std::string detail = fmt::format("{} {}: {}", method, printable(url), answer.status);
  if (!complaint.type.empty()) detail += " " + complaint.type;
  if (!complaint.message.empty()) detail += ": " + complaint.message;
  if (answer.status >= 300 && answer.status < 400) {
    const auto to = net::without_user(answer.header("Location"));
    if (!to.empty()) detail += " to " + printable(to.substr(0, std::min<std::size_t>(to.find_first_of("?#"), 200)));
  }
  return {.kind = meaning.kind,
          .code = meaning.code,
          .summary = meaning.summary,
          .detail = std::move(detail),
          .hint = meaning.hint};
}

Diagnostic not_understood(std::string_view what, std::string_view detail) {
  return {.kind = ErrorKind::unsupported,
          .code = "CL5101",
          .summary = fmt::format("{} is not understood", what),
          .detail = printable(detail),
          .hint = k_itself};
}

}  // namespace cloison::openstack
