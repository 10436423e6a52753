#pragma once
// A cloud that answers from a script: who asked for what, and what came back.

#include <deque>
#include <mutex>

#include <gtest/gtest.h>

#include "core/net/json.h"
#include "providers/openstack/provider.h"

namespace cloison::openstack::trial {

/// Answers logins by itself; anything else by the first script entry whose method and path fragment fit.
class ScriptedCloud final : public net::Transport {
 public:
  struct Line {
    std::string method, path;  // path: a part of the URL
    Result<net::Answer> answer;
    int times = 1;  // -1: always
  };

  void on(std::string method, std::string path, int status, std::string body, int times = 1) {
    net::Answer answer;
    answer.status = status;
    answer.body = std::move(body);
    lines_.push_back({std::move(method), std::move(path), std::move(answer), times});
  }
  void on_failure(std::string method, std::string path, ErrorKind kind) {
    lines_.push_back({std::move(method), std::move(path), fail(Diagnostic{.kind = kind, .code = "CL5008"}), 1});
  }

  Result<net::Answer> send(const net::Request& request, const net::Limits&) override {
    const std::lock_guard lock(mutex_);
    sent.push_back(request);
    if (request.url.ends_with("/auth/tokens")) return login();
    for (Line& line : lines_) {
      if (line.times == 0 || line.method != request.method || request.url.find(line.path) == std::string::npos)
        continue;
      if (line.times > 0) --line.times;
      return line.answer;
    }
    net::Answer missing;
    missing.status = 404;
    missing.body = R"({"NeutronError": {"type": "NotScripted", "message": "not scripted"}})";
    return missing;
  }

  [[nodiscard]] std::size_t count(std::string_view method, std::string_view path) const {
    return static_cast<std::size_t>(std::count_if(sent.begin(), sent.end(), [&](const net::Request& one) {
      return one.method == method && one.url.find(path) != std::string::npos;
    }));
  }

  std::vector<net::Request> sent{};
  std::size_t logins = 0;
  std::string expires = "2999-01-01T00:00:00.000000Z";

 private:
  net::Answer login() {
    net::Answer answer;
    answer.status = 201;
    answer.headers = {{"x-subject-token", "token-" + std::to_string(++logins)}};
    answer.body =
        R"({"token": {"expires_at": ")" + expires +
        R"(", "project": {"id": "p1", "name": "lab"}, "user": {"name": "u"}, "catalog": [)" +
        R"({"type": "network", "endpoints": [{"interface": "public", "region": "R1", "url": "http://cloud.test:9696/"}]}]}})";
    return answer;
  }

  std::mutex mutex_;
  std::vector<Line> lines_{};
};

inline net::Access access_to(std::shared_ptr<ScriptedCloud> cloud) {
  net::Access access;
  access.environment = [](const std::string& name) -> std::optional<std::string> {
    if (name == "OS_AUTH_URL") return "http://cloud.test:5000";
    if (name == "OS_USERNAME") return "u";
    if (name == "OS_PASSWORD") return "correct-horse-battery";
    if (name == "OS_PROJECT_NAME") return "lab";
    return std::nullopt;
  };
  access.transport = std::move(cloud);
  return access;
}

}  // namespace cloison::openstack::trial
