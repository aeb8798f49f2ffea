// net/production_write_link.h - the one way to write to production, for exactly the commands of one plan.
//
// It cannot be made by hand: open() takes a production_permit, and only production_gate can make one. The gate is
// declared here and defined in a higher module, where it gives a permit only for read-write permission, valid evidence
// (purge: a fresh plan's digest) and an open journal. Without that module in the program nobody has a permit.
//
// Thread rule: that of its runtime. Movable. Closes its connection when it goes.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "net/command.h"
#include "net/deadline.h"
#include "net/endpoint.h"
#include "net/runtime.h"
#include "net/server_info.h"
#include "net/server_link.h"

namespace understudy::net {

namespace detail {
class redis_connection;
}

struct production_gate;  // defined by the module that checks evidence, plan and journal

// Leave to send the commands of one plan to one server. Movable only, so it is spent by the link it opens.
class production_permit {
public:
    production_permit(production_permit&&) noexcept = default;
    production_permit& operator=(production_permit&&) noexcept = default;
    production_permit(const production_permit&) = delete;
    production_permit& operator=(const production_permit&) = delete;

private:
    friend struct production_gate;
    friend class production_write_link;
    // plan: its digest, for error texts. run_id: the server that the plan was made for. allows: whether a command is
    // one of the plan's, undo included; it is asked before each command is sent.
    production_permit(std::string plan, std::string run_id, std::function<bool(const command&)> allows)
        : plan_(std::move(plan)), run_id_(std::move(run_id)), allows_(std::move(allows)) {}

    std::string plan_;
    std::string run_id_;
    std::function<bool(const command&)> allows_;
};

class production_write_link final : public server_link {
public:
    // Errors: those of connecting; unsafe_target when the server is not the one of the permit (another run_id), or is a
    // node of a Redis Cluster (cluster_link.h opens all of those); not_writable when it is no master.
    [[nodiscard]] static result<production_write_link> open(runtime& on, const redis_endpoint& to,
                                                            production_permit permit, deadline until);

    // Commands of the plan and those of the read-only table; none that never_sent names, even inside a plan.
    [[nodiscard]] status allowed(const command& words) const override;
    [[nodiscard]] const std::string& plan() const noexcept { return permit_.plan_; }

private:
    // One of several primaries: only open_production_writable opens those, and all of them.
    friend result<std::unique_ptr<write_link>> open_production_writable(
        runtime& on, const redis_endpoint& to, std::function<result<production_permit>(const std::string&)> permit,
        deadline until);
    [[nodiscard]] static result<production_write_link> open_node(runtime& on, const redis_endpoint& to,
                                                                 production_permit permit, deadline until);
    production_write_link(std::unique_ptr<detail::redis_connection> connection, production_permit permit,
                          server_facts facts);

    production_permit permit_;
};

}  // namespace understudy::net
