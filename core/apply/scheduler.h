#pragma once
// One thread owns the graph, the rows and the commits; workers only call (engine decisions 1, 3, 17, 18).
//
// A step's way: waiting -> ready -> intended (durable) -> calling -> done | failed, with detours: resting (throttled,
// or certainly not done) and doubted (may have arrived: observed after the kind's settle time).

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "core/apply/executor.h"
#include "core/apply/lanes.h"
#include "core/apply/ledger.h"
#include "core/apply/workers.h"

namespace cloison::apply {

class Scheduler {
 public:
  Scheduler(const Plan& plan, const Providers& providers, Ledger& ledger, const state::OperationStarted& operation,
            const Clock& clock, EventSink& events, const ApplyOptions& options);
  [[nodiscard]] Result<ApplyResult> run();

 private:
  using Moment = std::chrono::steady_clock::time_point;
  enum class Phase : uint8_t { waiting, ready, intended, calling, resting, doubted, done, failed, skipped };
  struct Progress {
    Phase phase = Phase::waiting;
    std::size_t unmet = 0;
    std::vector<uint32_t> next{};
    Value desired{};                  // resolved
    std::vector<std::string> keys{};  // held alone while it runs
    std::optional<RowKey> deposed{};
    std::optional<Moment> started{};
    Moment called{};  // the last call began
    unsigned throttles = 0, retries = 0, doubts = 0;
    bool updating = false;  // a create that was found with other values: the next call is an update
    bool joins = false;     // made together with others of its provider
    std::string told{};     // `Applied::told`
    bool harmless = false;  // removal: what would go along was looked at
  };
  struct Running {
    enum class What : uint8_t { create, update, remove, change, observe } what{};
    std::vector<uint32_t> steps{};
    std::string account;
    std::vector<std::string> keys{};
    uint64_t ticket = 0;
  };

  // turns.cpp: what happens when
  [[nodiscard]] Result<void> turn(std::vector<Answer> answers);
  void wake_resting();
  void begin_steps();
  [[nodiscard]] uint32_t draw_ready();
  void begin(uint32_t step);
  void begin_companions();
  [[nodiscard]] bool comes_along(uint32_t step) const;
  void leave_out_orphans();
  void begin_without_call(uint32_t step);
  void adopt(const Step& step, Progress& progress);
  [[nodiscard]] bool resolve(uint32_t step);
  void depose_former(uint32_t step);
  [[nodiscard]] state::StepIntent intent_of(uint32_t step) const;
  [[nodiscard]] std::vector<std::string> keys_of(const Step& step, const Progress& progress) const;
  void write_start();
  void write_end();
  [[nodiscard]] Moment next_timer() const;
  void stop_beginning();
  void undo(uint32_t step, const std::string& because);
  void restore_former(uint32_t step);

  // calls.cpp: which call is made, with what
  void start_calls();
  void start_creates(uint32_t first);
  void start_change(const std::string& provider);
  [[nodiscard]] ChangeRequest change_of(uint32_t step) const;
  [[nodiscard]] bool is_held_back(const std::string& provider) const;
  [[nodiscard]] Resource desired_of(uint32_t step) const;
  void start_update(uint32_t step);
  void start_removal(uint32_t step);
  void start_observations();
  void launch(Running running, std::function<Answer()> job);
  [[nodiscard]] Call call(const std::vector<uint32_t>& steps = {}) const;
  [[nodiscard]] ResourceState row_for(uint32_t step) const;
  [[nodiscard]] ResourceState new_row(uint32_t step, std::string remote_id, const Value& applied,
                                      const Value& observed) const;

  // outcomes.cpp: what an answer means
  void take(Answer answer);
  void take_creates(const Running& running, Answer& answer);
  void take_change(const Running& running, Answer& answer);
  void take_update(const Running& running, Answer& answer);
  void take_removal(const Running& running, Answer& answer);
  void take_observation(const Running& running, Answer& answer);
  void created(uint32_t step, const std::string& remote_id, const Value& observed);
  void finish(uint32_t step);
  void refuse(uint32_t step, Diagnostic why, const Running& running);
  void fail_step(uint32_t step, Diagnostic why, bool known_not_done);
  void tell_failure(uint32_t step, Diagnostic why);
  void stop_rollout(const std::string& rollout, const std::string& because);
  /// Whether some of it stop, to go on when all have; a stop that is under way counts.
  [[nodiscard]] bool stops_first(const std::string& rollout) const;
  void skip_dependents(uint32_t root, const std::string& because);
  void skip(uint32_t step, const std::string& because);
  void rest(uint32_t step, Phase phase, std::chrono::milliseconds delay);
  void check_law(uint32_t step, const Value& observed);

  [[nodiscard]] const KindSchema* kind_of(const Step& step) const;
  [[nodiscard]] bool joins(const Step& step) const;
  [[nodiscard]] std::chrono::milliseconds scaled(std::chrono::milliseconds real) const;
  [[nodiscard]] std::chrono::milliseconds settle_of(const Step& step) const;
  [[nodiscard]] bool stopping() const {
    return options_->stop_new.stop_requested() || options_->stop_waiting.stop_requested();
  }
  void report(Event event) { reports_.push_back(std::move(event)); }

  const Plan* plan_;
  const Providers* providers_;
  Ledger* ledger_;
  const state::OperationStarted* operation_;
  const Clock* clock_;
  EventSink* events_;
  const ApplyOptions* options_;
  std::map<std::string, std::string, std::less<>> config_keys_{};
  std::vector<Progress> progress_{};
  std::map<std::string, std::vector<uint32_t>, std::less<>> joining_{};  // steps that join, by provider
  std::set<uint32_t> ready_{}, intended_{};
  std::multimap<Moment, uint32_t> timers_{};
  std::set<uint32_t> to_observe_{};
  std::map<uint64_t, Running> running_{};
  uint64_t next_call_ = 0;
  Moment taken_{};  // the last answer came: what failed together rests until the same moment
  Lanes lanes_;
  std::stop_source call_stop_{};
  std::mt19937_64 random_;
  struct Told {
    std::size_t count = 0, failure = 0;  // how often; which of the failures
  };
  std::map<std::pair<std::string, std::string>, Told> told_{};  // of one change, by provider and reason
  std::vector<Event> reports_{};                                // told after the commit that makes them true
  bool started_ = false;
  ApplyResult result_{};
  std::unique_ptr<Workers> workers_;
};

}  // namespace cloison::apply
