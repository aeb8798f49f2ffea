// net/read_only_link.h - a link to a Redis server that cannot write. The only kind that production gets by default.
//
// There is no method that sends a write. Every command is held against the compiled table of resp/commands.h before a
// byte of it is sent, and what is not in the table is refused with errc::forbidden_command. On connect the server's own
// flags are asked for the table's commands (COMMAND INFO): an entry that this server flags `write` or `may_replicate`
// is dropped too, since a fork or a module may give a name another meaning.
//
// The table also admits what changes the session (AUTH, SELECT, CLIENT SETNAME ...); database, name and user are set on
// connect, so callers have no need of them.
//
// Minimal ACL. A user that has just this works fully, and a connect of it leaves nothing in ACL LOG:
//
//     ACL SETUSER understudy on >PASSWORD resetchannels ~* -@all +hello +auth +select +ping +info +config|get +scan
//         +type +ttl +pttl +pexpiretime +dump +exists +dbsize +strlen +hlen +llen +scard +zcard +xlen +memory|usage
//         +object|encoding +object|idletime +object|freq +slowlog|get +latency|histogram +time +command|info
//
// For a Redis Cluster add +cluster|slots +cluster|nodes +cluster|info, and +asking. Before 7.0 write +config|get as it
// stands, +command for +command|info, +cluster for its three, and leave out +pexpiretime and +latency|histogram; from
// 7.2 add +client|no-touch. HELLO and AUTH need no permission, and the connection's name is
// set by HELLO, so what connecting itself needs is +select where the database is not 0, +command|info for the flags,
// and +client|no-touch from 7.2 on; `link_options` turns off the last two for users that lack them.
//
// Thread rule: that of its runtime. Movable. Closes its connection when it goes.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "net/command.h"
#include "net/deadline.h"
#include "net/endpoint.h"
#include "net/runtime.h"
#include "resp/value.h"

namespace understudy::net {

namespace detail {
class redis_connection;
}

struct link_options {
    bool ask_flags = true;                      // COMMAND INFO on connect
    bool set_name = true;                       // the connection's name in CLIENT LIST: "understudy"
    bool no_touch = true;                       // CLIENT NO-TOUCH ON where the server is 7.2 or newer
    std::uint64_t reply_bytes = 1024ull << 20;  // the largest single reply, all its parts together
};

// A command on one key, of which only the key varies: held against the table when it is made, and not again for each of
// millions of keys.
class key_question {
private:
    friend class read_only_link;
    explicit key_question(std::string head) : head_(std::move(head)) {}
    std::string head_;  // encoded up to the key
};

struct key_call {
    const key_question* what = nullptr;
    std::string_view key;
};

class read_only_link {
public:
    // Connects, logs in, selects the database.
    // Errors: unreachable, timed_out, interrupted, auth_failed, no_permission (of SELECT), server_loading (retry_safe),
    // protocol, connection_lost, server_error.
    [[nodiscard]] static result<read_only_link> connect(runtime& on, const redis_endpoint& to, deadline until,
                                                        const link_options& options = {});
    read_only_link(read_only_link&&) noexcept;
    read_only_link& operator=(read_only_link&&) noexcept;
    ~read_only_link();

    // One command, one reply. An error reply becomes an error (reply_error). After timed_out, interrupted, protocol,
    // over_limit or connection_lost the link is dead: every later call gives connection_lost. Nothing is ever sent a
    // second time by itself.
    [[nodiscard]] result<resp::value> call(const command& words, deadline until);

    // All commands in order, with back-pressure: neither a long list of commands nor large replies can bring both sides
    // to a stop, and no more than a window of commands is unanswered at any moment. Error replies stay values. One
    // forbidden command and nothing is sent.
    [[nodiscard]] result<std::vector<resp::value>> pipeline(std::span<const command> commands, deadline until);
    // The same without keeping the replies. An error of the sink ends it and kills the link, for replies are under way.
    [[nodiscard]] status pipeline(std::span<const command> commands, deadline until, const reply_sink& take);

    // {"MEMORY", "USAGE"} -> the question of any key. errc::forbidden_command. For this link alone.
    [[nodiscard]] result<key_question> question_of(const command& words_before_the_key) const;
    // As pipeline: whole commands, then questions, in one go. The replies come in that order.
    [[nodiscard]] status ask(std::span<const command> whole, std::span<const key_call> calls, deadline until,
                             const reply_sink& take);
    // How long the server had the last of all these, without our own part of it (encoding, taking replies apart).
    [[nodiscard]] std::chrono::nanoseconds last_round_trip() const noexcept;
    // From now on without the time that what had come waited for us to read it either: a machine that is busy with
    // other things does not make the server look slow. Bare TCP alone; elsewhere nothing changes.
    void stamp_arrivals();

    // Whether it may be sent: errc::forbidden_command. Nothing is sent.
    [[nodiscard]] status allowed(const command& words) const;
    // Names of table entries that this server calls writes, and that are therefore refused here; mostly empty.
    [[nodiscard]] const std::vector<std::string>& dropped() const noexcept { return dropped_; }
    // Whether the server's flags could be asked; false when it would not tell.
    [[nodiscard]] bool flags_known() const noexcept { return flags_known_; }
    // Whether reads of ours leave idle times and frequencies as they are (CLIENT NO-TOUCH was asked for, and granted).
    [[nodiscard]] bool no_touch() const noexcept { return no_touch_; }
    [[nodiscard]] bool alive() const noexcept;
    // The endpoint, for error texts and pages; without user and password.
    [[nodiscard]] const std::string& where() const noexcept;
    // Of the server itself, also where sentinels named it.
    [[nodiscard]] const server_address& address() const noexcept;

private:
    explicit read_only_link(std::unique_ptr<detail::redis_connection> connection);
    [[nodiscard]] status ask_flags(deadline until);
    [[nodiscard]] status ask_no_touch(deadline until);

    std::unique_ptr<detail::redis_connection> connection_;
    std::vector<std::string> dropped_;
    bool flags_known_ = false;
    bool no_touch_ = false;
};

}  // namespace understudy::net
