#include "net/detail/redis_connection.h"

#include "net/detail/engine.h"
#include "net/detail/redis_stream.h"
#include "net/detail/sentinel.h"
#include "net/server_info.h"
#include "resp/writer.h"

namespace understudy::net::detail {

namespace {

constexpr std::chrono::milliseconds pause{200};  // between looks at a failover that is under way

// Whether the server, or a proxy in front of it, knows no HELLO or no RESP3.
bool hello_refused(const resp::value& reply) {
    const std::string_view word = reply.error_word();
    if (word == "NOPERM" || word == "NOPROTO") return true;
    return word == "ERR" && reply.error_text().find("unknown command") != std::string_view::npos;
}

// With a wrong password old servers answer -ERR, and so does every server that has none set.
error login_error(error failed) {
    if (failed.code == errc::server_error) failed.code = errc::auth_failed;
    return failed;
}

command hello(const redis_endpoint& to, bool set_name) {
    command words{"HELLO", "3"};
    if (!to.password.empty() || !to.username.empty())
        words.insert(words.end(), {"AUTH", to.username.empty() ? "default" : to.username, to.password});
    if (set_name) words.insert(words.end(), {"SETNAME", "understudy"});
    return words;
}

}  // namespace

redis_connection::redis_connection(engine& on, const redis_endpoint& to, std::uint64_t reply_bytes)
    : engine_(on),
      where_(to.text()),
      address_(to.unix_path.empty() ? server_address{to.host, to.port} : server_address{}),
      stream_(std::make_unique<stream>(on.context(), to, reply_bytes)) {}

redis_connection::~redis_connection() = default;

bool redis_connection::alive() const noexcept {
    return stream_->is_open();
}

result<std::unique_ptr<redis_connection>> redis_connection::open(engine& on, const redis_endpoint& to, deadline until,
                                                                 const connection_options& options) {
    if (!to.sentinels) return open_at(on, to, until, options);
    std::optional<error> seen;  // why the last server that was named would not do
    const auto last_seen = [&seen] {
        if (seen->code == errc::not_writable) seen->code = errc::server_error;  // of readers too
        return std::unexpected(*std::move(seen));
    };
    for (;;) {
        auto primary = find_primary(on, to, until);
        if (!primary && primary.error().code == errc::timed_out && seen) return last_seen();
        if (!primary) return pass(std::move(primary));
        redis_endpoint there = to;
        there.sentinels.reset();
        there.host = primary->host;
        there.port = primary->port;
        auto made = open_master(on, there, until, options);
        if (made) return made;
        // The sentinels have not noticed yet, or the server has not heard yet: there is time to look again.
        const errc why = made.error().code;
        const bool may_pass = why == errc::unreachable || why == errc::connection_lost || why == errc::not_writable;
        if (!may_pass && !(why == errc::timed_out && seen)) return made;
        if (may_pass) seen = std::move(made).error();
        if (!may_pass || until.remaining() <= pause) return last_seen();
        UNDERSTUDY_TRY(on.sleep_until(deadline::after(pause).when()));
    }
}

result<std::unique_ptr<redis_connection>> redis_connection::open_master(engine& on, const redis_endpoint& to,
                                                                        deadline until,
                                                                        const connection_options& options) {
    UNDERSTUDY_LET(made, open_at(on, to, until, options));
    UNDERSTUDY_LET(replication, read_info(*made, until, "replication"));
    if (replication.text("role") != "master")
        return fail(errc::not_writable, "the sentinels name this server as the primary, and it is a replica", to.text(),
                    true);
    return std::move(made);
}

result<std::unique_ptr<redis_connection>> redis_connection::open_at(engine& on, const redis_endpoint& to,
                                                                    deadline until, const connection_options& options) {
    std::unique_ptr<redis_connection> made(new redis_connection(on, to, options.reply_bytes));
    UNDERSTUDY_TRY(made->stream_->prepare());
    UNDERSTUDY_TRY(made->connect(to, until));
    UNDERSTUDY_TRY(made->log_in(to, options, until));
    if (to.database != 0) UNDERSTUDY_TRY(made->call({"SELECT", std::to_string(to.database)}, until));
    return made;
}

status redis_connection::connect(const redis_endpoint& to, deadline until) {
    dial_target target{.host = to.host, .port = to.port, .unix_path = to.unix_path, .where = where_};
    auto dialled = engine_.run(stream_->connect(std::move(target)), until, where_, [this] { stream_->close(); });
    if (dialled) return {};
    error failed = stream_->late(std::move(dialled).error());
    failed.retry_safe = true;  // nothing was sent
    return std::unexpected(std::move(failed));
}

status redis_connection::log_in(const redis_endpoint& to, const connection_options& options, deadline until) {
    UNDERSTUDY_LET(reply, ask(hello(to, options.set_name), until));
    if (hello_refused(reply)) return log_in_as_of_old(to, options, until);
    if (auto failed = reply_error(reply, where_)) return std::unexpected(login_error(*std::move(failed)));
    const resp::value* version = reply.find("version");
    const resp::value* protocol = reply.find("proto");
    if (protocol == nullptr) return fail(errc::protocol, "the answer to HELLO is not one of a Redis server", where_);
    if (version != nullptr) version_ = version->as_text().value_or("");
    protocol_ = protocol->as_integer() == 3 ? 3 : 2;
    return {};
}

status redis_connection::log_in_as_of_old(const redis_endpoint& to, const connection_options& options, deadline until) {
    if (!to.password.empty() || !to.username.empty()) {
        command words{"AUTH"};
        if (!to.username.empty()) words.push_back(to.username);
        words.push_back(to.password);
        UNDERSTUDY_LET(reply, ask(words, until));
        if (auto failed = reply_error(reply, where_)) return std::unexpected(login_error(*std::move(failed)));
    }
    // A name is a courtesy to whoever reads CLIENT LIST: that it is refused is no reason to stop.
    if (options.set_name) UNDERSTUDY_TRY(ask({"CLIENT", "SETNAME", "understudy"}, until));
    return {};
}

result<resp::value> redis_connection::ask(const command& words, deadline until) {
    resp::value answer;
    const reply_sink keep = [&answer](std::size_t, resp::value&& reply) -> status {
        answer = std::move(reply);
        return {};
    };
    UNDERSTUDY_TRY(pipeline(std::span(&words, 1), until, keep));
    return answer;
}

result<resp::value> redis_connection::call(const command& words, deadline until) {
    auto reply = ask(words, until);
    if (!reply) {
        if (reply.error().where == where_) reply.error().where += " " + name_of(words);
        return reply;
    }
    if (auto failed = reply_error(*reply, where_ + " " + name_of(words))) return std::unexpected(*std::move(failed));
    return reply;
}

status redis_connection::pipeline(std::span<const command> commands, deadline until, const reply_sink& take) {
    if (!alive()) return fail(errc::connection_lost, "the connection was lost before", where_);
    for (const command& words : commands)
        if (words.empty()) return fail(errc::forbidden_command, "an empty command", where_);
    return pipeline({commands.size(),
                     [commands](std::size_t index, std::string& out) {
                         resp::append_command(out, std::span<const std::string>(commands[index]));
                     }},
                    until, take);
}

status redis_connection::pipeline(const command_batch& commands, deadline until, const reply_sink& take) {
    if (!alive()) return fail(errc::connection_lost, "the connection was lost before", where_);
    if (commands.size == 0) return {};
    return engine_.run(stream_->exchange(&commands, &take), until, where_, [this] { stream_->close(); });
}

void redis_connection::stamp_arrivals() {
    stream_->stamp_arrivals();
}

std::chrono::nanoseconds redis_connection::last_round_trip() const noexcept {
    return stream_->last_round_trip();
}

result<std::vector<resp::value>> redis_connection::pipeline(std::span<const command> commands, deadline until) {
    std::vector<resp::value> replies;
    replies.reserve(commands.size());
    const reply_sink keep = [&replies](std::size_t, resp::value&& reply) -> status {
        replies.push_back(std::move(reply));
        return {};
    };
    UNDERSTUDY_TRY(pipeline(commands, until, keep));
    return replies;
}

status redis_connection::send_raw(std::string_view bytes, deadline until) {
    if (!alive()) return fail(errc::connection_lost, "the connection was lost before", where_);
    return engine_.run(stream_->send_raw(bytes), until, where_, [this] { stream_->close(); });
}

result<std::size_t> redis_connection::read_raw(std::span<char> into, deadline until) {
    if (!alive()) return fail(errc::connection_lost, "the connection was lost before", where_);
    return engine_.run(stream_->read_raw(into), until, where_, [this] { stream_->close(); });
}

}  // namespace understudy::net::detail
