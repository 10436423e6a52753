#include "providers/node/rollout.h"

#include <algorithm>
#include <thread>

#include "core/base/strings.h"
#include "core/model/rollout.h"
#include "core/model/service_intent.h"
#include "providers/node/render.h"
#include "providers/node/schema.h"
#include "providers/node/settings.h"

namespace cloison::node {

namespace {

int64_t number_of(const Settings& service, std::string_view name) {
  return service.number(name).value_or(0);
}

/// Seconds until it is known whether it runs well.
int64_t start_of(const Settings& service) {
  if (service.is_set("stopped")) return 0;
  return number_of(service, "retries") * (number_of(service, "interval") + number_of(service, "timeout")) +
         number_of(service, "watch");
}

}  // namespace

int64_t starts_of(std::span<const ChangeRequest> changes) {
  int64_t seconds = 0;
  for (const auto& change : changes)
    if (change.verb != ChangeRequest::Verb::remove && change.desired.kind == k_service)
      seconds += start_of(Settings(k_service, change.desired.attributes));
  return seconds;
}

std::chrono::seconds time_for(std::string_view kind, const Value& desired) {
  constexpr std::chrono::minutes k_upload{15};
  if (kind == k_release) return k_upload;
  if (kind != k_service) return std::chrono::seconds(0);
  const Settings service(k_service, desired);
  return std::chrono::seconds(number_of(service, "drain") + number_of(service, "pause") + start_of(service));
}

void rest_after(std::span<const ChangeRequest> changes, const net::Limits& limits) {
  int64_t seconds = 0;
  for (const auto& change : changes)
    if (change.verb == ChangeRequest::Verb::update && change.desired.kind == k_service)
      seconds = std::max(seconds, number_of(Settings(k_service, change.desired.attributes), "pause"));
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  constexpr std::chrono::milliseconds k_look{100};
  while (std::chrono::steady_clock::now() < end && !limits.stop.stop_requested()) std::this_thread::sleep_for(k_look);
}

Passage passage_of(std::string_view kind, const Value& applied, const Value& desired) {
  if (kind != k_service) return {};
  const Settings is(kind, applied), asked(kind, desired);
  const auto with_stopped = [&](const Value& attributes, const Value& stopped) {
    return with_content(kind, with_attribute(schema_of(kind), attributes, "stopped", stopped));
  };
  const bool same = is.text("release") == asked.text("release");
  if (asked.is_set("stopped")) {
    if (asked.is_set("exclusive")) return {};
    // It may have begun already, by an apply that did not come to its end.
    if (same && is.is_set("stopped")) return {};
    return {Passage::Kind::next_begins, same ? applied : with_stopped(desired, Value::null())};
  }
  if (same || !asked.is_set("exclusive")) return {};
  return {Passage::Kind::former_stops, is.is_set("stopped") ? applied : with_stopped(applied, Value::boolean(true))};
}

RolloutPart rollout_part(std::string_view kind, const Value& applied) {
  if (kind != k_release && kind != k_service) return {};
  const Settings settings(kind, applied);
  const bool runs = kind == k_service;
  return {.rollout = rollout_of_service(service_of_instance(settings.text("name"))),
          .name = settings.text("name"),
          .release = settings.text(runs ? "release" : "id"),
          .runs = runs,
          .stopped = settings.is_set("stopped"),
          .ails = join(settings.texts(k_faults), ", ")};
}

}  // namespace cloison::node
