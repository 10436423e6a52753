#include "tests/deploy/load/results.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace cloison::deploy_test {

namespace {

using Json = nlohmann::ordered_json;
using Milliseconds = std::chrono::duration<double, std::milli>;

constexpr std::size_t k_examples = 5;

double rounded(double number) {
  return std::round(number * 1000) / 1000;
}

double in_ms(Clock::duration time) {
  return rounded(Milliseconds(time).count());
}

/// Nearest rank; the order of the values does not matter.
double percentile(std::vector<float>& values, double share) {
  if (values.empty()) return 0;
  const auto rank = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + rank, values.end());
  return rounded(static_cast<double>(values[static_cast<std::size_t>(rank)]));
}

}  // namespace

double Results::offset(Time time) const {
  return rounded(std::chrono::duration<double>(time - begun_).count());
}

void Results::note_gap(Time until) {
  longest_gap_ = std::max(longest_gap_, until - last_success_);
  last_success_ = until;
}

void Results::succeeded(const Request& request, Time sent, const Answer& answer) {
  const std::scoped_lock lock(mutex_);
  const auto now = Clock::now();
  ++succeeded_;
  ++by_request_[request.name];
  if (!winding_down_) note_gap(now);
  const double taken = Milliseconds(now - sent).count();
  longest_ms_ = std::max(longest_ms_, taken);
  if (!request.slow) fast_ms_.push_back(static_cast<float>(taken));
  if (request.expected.empty()) {
    auto& version = versions_[answer.body];
    version.last = offset(now);
    if (version.answers++ == 0) version.first = version.last;
  }
}

void Results::add(Kinds& kinds, const std::string& kind, Example example) const {
  example.at = offset(Clock::now());
  auto& found = kinds[kind];
  if (++found.count <= k_examples) found.examples.push_back(std::move(example));
}

void Results::failed(const Request& request, const std::string& by, std::uint64_t answered, const Failure& failure) {
  const std::scoped_lock lock(mutex_);
  ++failed_;
  ++by_request_[request.name];
  add(failures_, failure.kind, {.by = by, .request = request.name, .what = failure.what(), .answered = answered});
}

void Results::mention(const std::string& by, const Failure& failure) {
  const std::scoped_lock lock(mutex_);
  add(session_troubles_, failure.kind, {.by = by, .request = "message", .what = failure.what()});
}

void Results::winding_down() {
  const std::scoped_lock lock(mutex_);
  if (!winding_down_) note_gap(Clock::now());
  winding_down_ = true;
}

void Results::count(Event event) {
  const std::scoped_lock lock(mutex_);
  ++events_[event];
}

void Results::acknowledged(Time first_sent) {
  const std::scoped_lock lock(mutex_);
  ++acknowledged_;
  longest_acknowledgement_ = std::max(longest_acknowledgement_, Clock::now() - first_sent);
}

bool Results::all_well() const {
  const std::scoped_lock lock(mutex_);
  return failed_ == 0 && !events_.contains(Event::message_lost);
}

std::uint64_t Results::requests() const {
  const std::scoped_lock lock(mutex_);
  return succeeded_ + failed_;
}

std::string Results::progress() const {
  const std::scoped_lock lock(mutex_);
  const auto lost = events_.find(Event::message_lost);
  auto line = fmt::format("{:7.1f} s  {} requests, {} failed; {} messages acknowledged, {} lost",
                          std::chrono::duration<double>(Clock::now() - begun_).count(), succeeded_ + failed_, failed_,
                          acknowledged_, lost == events_.end() ? 0 : lost->second);
  for (const auto& [name, version] : versions_) line += fmt::format("; {}: {}", name, version.answers);
  return line;
}

std::string Results::report() const {
  const std::scoped_lock lock(mutex_);
  const auto events = [this](Event event) {
    const auto found = events_.find(event);
    return found == events_.end() ? 0 : found->second;
  };
  const auto kinds = [](const Kinds& all) {
    auto said = Json::object();
    for (const auto& [name, kind] : all) {
      auto examples = Json::array();
      for (const auto& one : kind.examples)
        examples.push_back({{"at_s", one.at},
                            {"client", one.by},
                            {"request", one.request},
                            {"what", one.what},
                            {"answered_before", one.answered}});
      said[name] = {{"count", kind.count}, {"examples", examples}};
    }
    return said;
  };
  auto versions = Json::object();
  for (const auto& [name, version] : versions_)
    versions[name] = {{"answers", version.answers}, {"first_s", version.first}, {"last_s", version.last}};
  auto fast = fast_ms_;
  const double fast_longest = percentile(fast, 1), half = percentile(fast, 0.5), most = percentile(fast, 0.99);
  const Json report = {
      {"seconds", offset(Clock::now())},
      {"requests", succeeded_ + failed_},
      {"failed", failed_},
      {"failures", kinds(failures_)},
      {"by_request", by_request_},
      {"versions", versions},
      {"latency_ms",
       {{"fast_p50", half}, {"fast_p99", most}, {"fast_longest", fast_longest}, {"longest", rounded(longest_ms_)}}},
      {"longest_without_success_ms", in_ms(longest_gap_)},
      {"connections",
       {{"opened", events(Event::connection_opened)},
        {"closed_as_announced", events(Event::connection_closed_as_announced)},
        {"closed_while_idle", events(Event::connection_closed_while_idle)}}},
      {"mllp",
       {{"messages_sent", events(Event::message_sent)},
        {"messages_acknowledged", acknowledged_},
        {"messages_resent", events(Event::message_resent)},
        {"messages_lost", events(Event::message_lost)},
        {"sessions_opened", events(Event::session_opened)},
        {"sessions_ended", events(Event::session_ended)},
        {"sessions_refused", events(Event::session_refused)},
        {"longest_acknowledgement_ms", in_ms(longest_acknowledgement_)},
        {"troubles", kinds(session_troubles_)}}}};
  return report.dump(-1, ' ', true, Json::error_handler_t::replace);
}

}  // namespace cloison::deploy_test
