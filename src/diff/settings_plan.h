// diff/settings_plan.h - which settings bring a server nearer to production's, and which are left as they are, and why.
// Pure.
//
// Brought over is what the table of diff/drift.h compares and says to matter; maxmemory by the scale of the one that is
// changed. Left is what understudy.toml accepts, what has to be another one on each server, what does not change what a
// cache does (unless all are wanted), and what only one of the two servers has.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "diff/drift.h"

namespace understudy::diff {

struct setting_change {
    std::string setting;  // as the changed server knows it
    std::string was, becomes;
    std::string effect;  // of the difference
};

struct setting_left {
    std::string setting;
    std::string production, here;
    std::string reason;
    bool expected = false;  // it has to be another one on each server
};

struct settings_plan {
    std::vector<setting_change> set;      // by CONFIG SET
    std::vector<setting_change> restart;  // read at the server's start only
    std::vector<setting_left> left;

    [[nodiscard]] bool empty() const { return set.empty() && restart.empty(); }
    [[nodiscard]] std::map<std::string, std::string> becoming() const;  // of `set`
};

struct settings_plan_options {
    std::map<std::string, std::string> accepted;  // setting -> reason
    bool all = false;                             // also what does not change what a cache does
};

[[nodiscard]] settings_plan plan_settings(const server_side& production, const server_side& here,
                                          const settings_plan_options& options);

// Lines for a redis.conf, each with what it is for; empty where nothing needs a restart.
[[nodiscard]] std::string redis_conf(const settings_plan& plan, const std::string& production);

}  // namespace understudy::diff
