#include "providers/sandbox/faults.h"

#include <cmath>

#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/base/environment.h"
#include "core/base/strings.h"
#include "core/model/provider.h"

namespace cloison::sandbox {

namespace {

Diagnostic malformed(std::string_view part) {
  return {.kind = ErrorKind::usage,
          .code = "CL5530",
          .summary = fmt::format("'{}' says no fault of the sandbox", printable(part)),
          .detail =
              "Faults are NAME=NUMBER, joined by commas. Probabilities lie between 0 and 1 and add up to at most 1; "
              "offline=NODE has a node, or an entry, answer nothing.",
          .hint = "CLOISON_SANDBOX_FAULTS=seed=7,in_doubt=0.1,fail=0.05,throttle=0.02,read=0.01,latency=20ms"};
}

std::optional<double> number(std::string_view text) {
  const std::string copy(text);
  char* end = nullptr;
  const double value = std::strtod(copy.c_str(), &end);
  if (copy.empty() || end != copy.c_str() + copy.size() || !std::isfinite(value) || value < 0) return std::nullopt;
  return value;
}

bool take(FaultPlan& plan, std::string_view name, std::string_view text) {
  if (name == "offline") {
    plan.offline.emplace(text);
    return !text.empty();
  }
  if (name == "latency") {
    if (text.ends_with("ms")) text.remove_suffix(2);
    const auto value = number(text);
    if (!value || *value > 60'000) return false;
    plan.latency = std::chrono::milliseconds(static_cast<int64_t>(*value));
    return true;
  }
  const auto value = number(text);
  if (!value) return false;
  if (name == "seed") {
    plan.seed = static_cast<uint64_t>(std::fmin(*value, 9e15));
    return true;
  }
  if (*value > 1) return false;
  if (name == "fail")
    plan.fail = *value;
  else if (name == "throttle")
    plan.throttle = *value;
  else if (name == "in_doubt")
    plan.in_doubt_before = plan.in_doubt_after = *value / 2;
  else if (name == "in_doubt_before")
    plan.in_doubt_before = *value;
  else if (name == "in_doubt_after")
    plan.in_doubt_after = *value;
  else if (name == "read")
    plan.read = *value;
  else
    return false;
  return true;
}

}  // namespace

Result<FaultPlan> parse_faults(std::string_view text) {
  FaultPlan plan;
  for (const auto part : split(text, ',')) {
    const auto word = trimmed(part);
    if (word.empty()) continue;
    const auto equals = word.find('=');
    if (equals == std::string_view::npos || !take(plan, word.substr(0, equals), word.substr(equals + 1)))
      return fail(malformed(word));
  }
  if (plan.fail + plan.throttle + plan.in_doubt_before + plan.in_doubt_after > 1 + 1e-9) return fail(malformed(text));
  return plan;
}

Result<std::optional<FaultPlan>> faults_from_environment() {
  const auto text = environment_variable("CLOISON_SANDBOX_FAULTS");
  if (!text || trimmed(*text).empty()) return std::optional<FaultPlan>{};
  auto plan = parse_faults(*text);
  if (!plan) return fail(std::move(plan.error()));
  return std::optional(*plan);
}

double FaultDice::draw(std::string_view verb, std::string_view object) {
  std::string key = std::to_string(plan_->seed);
  key.append(1, '\0').append(verb).append(1, '\0').append(object);
  uint64_t nth = 0;
  {
    const std::lock_guard lock(mutex_);
    nth = draws_[key]++;
  }
  const auto digest = sha256(key.append(1, '\0').append(std::to_string(nth)));
  uint64_t bits = 0;
  for (std::size_t i = 0; i < 8; ++i) bits = bits << 8U | digest[i];
  return static_cast<double>(bits >> 11U) * 0x1.0p-53;
}

FaultDice::Fault FaultDice::write(std::string_view verb, std::string_view object) {
  if (!plan_) return Fault::none;
  double left = draw(verb, object);
  for (const auto& [probability, fault] :
       {std::pair(plan_->fail, Fault::fail), std::pair(plan_->throttle, Fault::throttle),
        std::pair(plan_->in_doubt_before, Fault::in_doubt_before),
        std::pair(plan_->in_doubt_after, Fault::in_doubt_after)}) {
    left -= probability;
    if (left < 0) return fault;
  }
  return Fault::none;
}

bool FaultDice::read_fails(std::string_view what, const std::string& of) {
  if (plan_ && (plan_->offline.contains(of) || plan_->offline.contains(std::string(node_of(of))))) return true;
  return plan_ && plan_->read > 0 && draw("read", what) < plan_->read;
}

std::chrono::milliseconds FaultDice::latency(std::string_view verb, std::string_view object) {
  if (!plan_ || plan_->latency.count() == 0) return {};
  const double share = draw(std::string("latency ").append(verb), object);
  return std::chrono::milliseconds(static_cast<int64_t>(share * static_cast<double>(plan_->latency.count())));
}

}  // namespace cloison::sandbox
