#include "measure/call_counter.h"

#include <fmt/format.h>

#include "store/secret.h"

namespace understudy::measure {

namespace {

constexpr std::chrono::seconds patience{10};
constexpr std::chrono::milliseconds first_look{1000};
constexpr std::chrono::milliseconds later_look{200};

database::moment soon() {
    return std::chrono::steady_clock::now() + patience;
}

database::kind kind_of(const model::environment& where) {
    return where.database->kind == model::database_kind::postgresql ? database::kind::postgresql
                                                                    : database::kind::mysql;
}

}  // namespace

result<database::address> address_of(const model::environment& where) {
    const auto& from = *where.database;
    database::address out;
    out.kind = kind_of(where);
    out.host = from.host;
    out.port = from.port;
    out.unix_path = from.unix_path;
    out.name = from.name;
    out.username = from.username;
    out.ca = from.ca;
    UNDERSTUDY_LET(password, store::reveal(from.password));
    out.password = std::move(password);
    return out;
}

model::unknown_reason call_counter::reason_of(const error& wrong) const {
    return {wrong.text(), database::mend_of(wrong, kind_of(environment_))};
}

status call_counter::open() {
    if (session_ && session_->alive()) return {};
    session_.reset();
    UNDERSTUDY_LET(to, address_of(environment_));
    UNDERSTUDY_LET(made, database::session::open(to, soon()));
    session_ = std::move(made);
    source_ = session_->product();
    server_ = source_ + " " + session_->version();
    return {};
}

// That a session was closed shows only when it is asked.
auto call_counter::ask_anew(auto question) -> decltype(question()) {
    const bool idle = session_ && session_->alive();
    UNDERSTUDY_TRY(open());
    auto answer = question();
    if (answer || !idle || session_->alive() || answer.error().code == errc::interrupted) return answer;
    UNDERSTUDY_TRY(open());
    return question();
}

status call_counter::begin_arm() {
    why_.reset();
    last_.reset();
    const auto first = ask_anew([this] { return session_->calls(soon()); });
    if (!first) {
        if (first.error().code == errc::interrupted) return std::unexpected(first.error());
        why_ = reason_of(first.error());
        return {};
    }
    last_ = *first;
    const auto started = std::chrono::steady_clock::now();
    UNDERSTUDY_TRY(runtime_.sleep(looked_ ? later_look : first_look));
    const auto span = std::chrono::steady_clock::now() - started;
    waited_ += span;
    looked_ = true;
    return look(fmt::format("in {:.1f} s in which no page was asked for", std::chrono::duration<double>(span).count()));
}

status call_counter::before() {
    if (why_) return {};
    return look("between two requests");
}

result<std::optional<std::uint64_t>> call_counter::after() {
    if (why_) return std::nullopt;
    return since_last();
}

status call_counter::look(std::string_view when) {
    UNDERSTUDY_LET(foreign, since_last());
    if (foreign && *foreign > 0)
        why_ = {
            fmt::format("the database was not quiet: it counted {} call{} {}", *foreign, *foreign == 1 ? "" : "s",
                        when),
            "let nobody else use it meanwhile: other visitors, workers, timers, monitoring, work after the response"};
    return {};
}

// Moves the last reading on. Empty where there was none, or where the two cannot be subtracted.
result<std::optional<std::uint64_t>> call_counter::since_last() {
    UNDERSTUDY_LET(now, read());
    if (!now) return std::nullopt;
    const auto was = std::exchange(last_, now);
    if (!was) return std::nullopt;
    if (was->epoch != now->epoch || now->calls < was->calls) {
        why_ = {"the database's counters were reset meanwhile, or forgot statements for want of room",
                "let nobody reset them; in PostgreSQL a larger pg_stat_statements.max"};
        return std::nullopt;
    }
    return now->calls - was->calls;
}

result<std::optional<database::call_count>> call_counter::read() {
    auto counted = session_->calls(soon());
    if (counted) return *std::move(counted);
    if (counted.error().code == errc::interrupted) return pass(std::move(counted));
    why_ = reason_of(counted.error());
    return std::nullopt;
}

result<database::statement_list> call_counter::statements() {
    return ask_anew([this] { return session_->statements(soon()); });
}

}  // namespace understudy::measure
