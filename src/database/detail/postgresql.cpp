// PostgreSQL through libpq's asynchronous calls, so that every wait has a deadline and hears Ctrl-C (the synchronous
// ones wait for ever once a connection is made).
//
// why     Errors are taken as SQLSTATE only: a server's own text follows its locale and may repeat what it was sent.
// why     Our own statements are told by their query id, which the server gives for the statement that asks, and by the
//         comment that each of them opens with. By role would not do: many will give us the application's own.
// teacher pg_stat_statements counts a statement when its executor ends, before the server says ReadyForQuery. So what a
//         client was answered is counted, and a reading taken after a page has been answered holds all of its calls.
#include <algorithm>
#include <charconv>
#include <cstring>

#include <fmt/format.h>
#include <libpq-fe.h>
#include <unistd.h>

#include "database/detail/engine.h"
#include "database/detail/wait.h"
#include "database/statement_text.h"

namespace understudy::database::detail {

namespace {

struct close_connection {
    void operator()(PGconn* of) const { PQfinish(of); }
};
struct clear_result {
    void operator()(PGresult* of) const { PQclear(of); }
};
using connection = std::unique_ptr<PGconn, close_connection>;
using answer = std::unique_ptr<PGresult, clear_result>;

// No password is taken from ~/.pgpass: the address says where it is, or that there is none.
constexpr const char* no_file = "/dev/null/none";
constexpr int oldest_server = 140000;
constexpr int oldest_extension = 9;  // 1.9

// What only steers a session: asks_for_data of statement_text.h in the server's own words, for a sum that it makes.
constexpr std::string_view steering =
    R"('^(\s|/\*([^*]|\*+[^*/])*\*+/|--[^\n]*\n)*(abort|begin|checkpoint|close|commit|deallocate|discard|end|fetch|)"
    R"(listen|lock|move|notify|prepare\s+transaction|release|reset|rollback|savepoint|set|show|start|unlisten)\M')";
constexpr std::string_view mark = "/* understudy */ ";

// The SQLSTATE that a message holds under PQERRORS_SQLSTATE: "... failed: FATAL:  28P01". Empty where it has none.
std::string_view sqlstate_in(std::string_view message) {
    for (const std::string_view severity : {"FATAL:  ", "ERROR:  ", "PANIC:  "}) {
        const auto at = message.find(severity);
        if (at == std::string_view::npos) continue;
        const auto state = message.substr(at + severity.size(), 5);
        if (state.size() == 5 &&
            std::ranges::all_of(state, [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); }))
            return state;
    }
    return {};
}

// libpq's own last line of a failure to connect, without the address that opens it.
std::string reason_in(std::string_view message) {
    while (message.ends_with('\n'))
        message.remove_suffix(1);
    std::string_view line = message;
    // The first line tells; those that are set in ask questions.
    for (std::size_t at = 0; at < message.size();) {
        const auto end = std::min(message.find('\n', at), message.size());
        const auto one = message.substr(at, end - at);
        if (!one.starts_with('\t') && !one.empty()) line = one;
        at = end + 1;
    }
    if (const auto failed = line.find(" failed: "); failed != std::string_view::npos) line.remove_prefix(failed + 9);
    std::string out;
    for (const char c : line.substr(0, 200))
        out += c >= ' ' && c <= '~' ? c : ' ';
    return out;
}

error refused(std::string_view state, const std::string& where) {
    if (state == "28P01" || state == "28000")
        return {errc::auth_failed, "PostgreSQL refused the user or the password", where, true};
    if (state == "3D000") return {errc::server_error, "PostgreSQL has no database of that name", where, true};
    if (state == "42501") return {errc::no_permission, "PostgreSQL refused for want of a permission", where, true};
    if (state == "57P03") return {errc::server_loading, "PostgreSQL is starting or stopping", where, true};
    if (state == "53300") return {errc::server_error, "PostgreSQL has no connection left", where, true};
    if (state == "55000")
        return {errc::no_counters, "pg_stat_statements is not among shared_preload_libraries", where, true};
    if (state == "57014") return {errc::timed_out, "PostgreSQL ended the statement for its time", where, true};
    if (state == "57P01" || state == "57P02" || state == "57P05")
        return {errc::connection_lost, "PostgreSQL ended the connection", where, true};
    return {errc::server_error, fmt::format("PostgreSQL answered with error {}", state.empty() ? "?????" : state),
            where, true};
}

// libpq fills in from PGHOSTADDR, PGSERVICE, PGOPTIONS and their kin whatever it is not told, and there is no value of
// ours that would keep PGSERVICE away. So while it connects the process's variables are those of another name. The
// process's own are not touched: commands of an environment may be given them.
class without_variables {
public:
    without_variables() : kept_(environ) {
        // Made once and never let go, since a look-up of a name that was left behind may be reading them.
        static auto* const others = [] {
            auto* made = new std::vector<char*>;
            for (char** one = environ; one && *one; ++one)
                if (!std::string_view(*one).starts_with("PG")) made->push_back(*one);
            made->push_back(nullptr);
            return made;
        }();
        environ = others->data();
    }
    without_variables(const without_variables&) = delete;
    without_variables& operator=(const without_variables&) = delete;
    ~without_variables() { environ = kept_; }

private:
    char** kept_;
};

class postgresql_engine final : public engine {
public:
    status connect(const address& to, moment until) {
        where = to.text();
        product = "PostgreSQL";
        const without_variables alone;
        UNDERSTUDY_TRY(begin(to, until));
        PQsetErrorVerbosity(connection_.get(), PQERRORS_SQLSTATE);
        PQsetNoticeProcessor(connection_.get(), [](void*, const char*) {}, nullptr);
        auto next = PGRES_POLLING_WRITING;
        while (next != PGRES_POLLING_OK) {
            if (next == PGRES_POLLING_FAILED) return std::unexpected(not_connected());
            const int descriptor = PQsocket(connection_.get());
            if (descriptor < 0) return std::unexpected(not_connected());
            UNDERSTUDY_TRY(
                wait_for(descriptor, {next == PGRES_POLLING_READING, next == PGRES_POLLING_WRITING}, until, where));
            next = PQconnectPoll(connection_.get());
        }
        PQsetnonblocking(connection_.get(), 1);
        return prepare(until);
    }

    result<call_count> calls(moment until) override {
        const auto sql =
            fmt::format("{}SELECT coalesce(sum(s.calls), 0)::bigint, {} FROM {}.pg_stat_statements s WHERE {}", mark,
                        epoch(), schema_, counted());
        UNDERSTUDY_LET(rows, ask(sql, until));
        if (rows.size() != 1 || rows[0].size() != 2)
            return fail(errc::protocol, "PostgreSQL answered with another form than asked for", where);
        UNDERSTUDY_LET(sum, whole_number(rows[0][0], where));
        return call_count{sum, rows[0][1]};
    }

    result<statement_list> statements(moment until) override {
        const auto sql = fmt::format(
            "{0}SELECT s.queryid::text, left(min(s.query), 4096), sum(s.calls)::bigint, sum(s.total_exec_time), {1} "
            "FROM "
            "{2}.pg_stat_statements s WHERE {3} GROUP BY s.queryid ORDER BY 3 DESC LIMIT {4}",
            mark, epoch(), schema_, counted(), max_statements + 1);
        UNDERSTUDY_LET(rows, ask(sql, until));
        statement_list out;
        out.cut = rows.size() > max_statements;
        for (const auto& row : rows) {
            if (row.size() != 5)
                return fail(errc::protocol, "PostgreSQL answered with another form than asked for", where);
            out.epoch = row[4];
            UNDERSTUDY_LET(times, whole_number(row[2], where));
            out.all.push_back(
                {row[0], shown_statement(row[1], dialect::postgresql), times, std::strtod(row[3].c_str(), nullptr)});
        }
        return out;
    }

    [[nodiscard]] bool alive() const noexcept override {
        return connection_ && PQstatus(connection_.get()) == CONNECTION_OK;
    }

private:
    // libpq would look names up without a deadline: it is given addresses.
    status begin(const address& to, moment until) {
        std::string hosts = to.unix_path, numeric;
        if (to.unix_path.empty()) {
            UNDERSTUDY_LET(found, addresses_of(to.host, until, where));
            for (const auto& one : found) {
                hosts += (numeric.empty() ? "" : ",") + to.host;
                numeric += (numeric.empty() ? "" : ",") + one;
            }
        }
        const std::string port = std::to_string(to.port);
        const char* const names[] = {
            "host",    "hostaddr",    "port",       "dbname",          "user",     "password", "application_name",
            "sslmode", "sslrootcert", "gssencmode", "client_encoding", "passfile", nullptr};
        const char* const values[] = {hosts.c_str(),
                                      numeric.c_str(),
                                      port.c_str(),
                                      to.name.c_str(),
                                      to.username.c_str(),
                                      to.password.c_str(),
                                      "understudy",
                                      to.ca.empty() ? "prefer" : "verify-full",
                                      to.ca.c_str(),
                                      "disable",
                                      "UTF8",
                                      no_file,
                                      nullptr};
        connection_.reset(PQconnectStartParams(names, values, 0));
        if (!connection_) return fail(errc::over_limit, "not enough memory", where);
        if (PQstatus(connection_.get()) == CONNECTION_BAD) return std::unexpected(not_connected());
        return {};
    }

    [[nodiscard]] error not_connected() const {
        const std::string_view message = PQerrorMessage(connection_.get());
        if (const auto state = sqlstate_in(message); !state.empty()) return refused(state, where);
        // Before any answer of a server: the words are libpq's own.
        const auto reason = reason_in(message);
        if (PQconnectionNeedsPassword(connection_.get()))
            return {errc::auth_failed, "PostgreSQL asks for a password, and none is given", where, true};
        const bool tls = reason.find("SSL") != std::string::npos || reason.find("certificate") != std::string::npos;
        return {tls ? errc::tls_failed : errc::unreachable, "cannot connect to PostgreSQL: " + reason, where, true};
    }

    // Read-only, no statement longer than some seconds, names of the system's own only.
    status prepare(moment until) {
        const int number = PQserverVersion(connection_.get());
        version = fmt::format("{}.{}", number / 10000, number % 10000);
        if (number < oldest_server)
            return fail(
                errc::no_counters,
                fmt::format("PostgreSQL {} cannot tell statements at the top from those within functions; 14 can",
                            version),
                where, true);
        UNDERSTUDY_TRY(
            ask("SET default_transaction_read_only = on; SET statement_timeout = 10000; "
                "SET search_path = pg_catalog",
                until));
        return find_counters(until);
    }

    status find_counters(moment until) {
        UNDERSTUDY_LET(
            rows,
            ask(std::string(mark) + "SELECT quote_ident(n.nspname), e.extversion, "
                                    "current_setting('pg_stat_statements.track', true), "
                                    "pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')::text, "
                                    "current_setting('compute_query_id', true) FROM pg_extension e JOIN pg_namespace n "
                                    "ON n.oid = e.extnamespace WHERE e.extname = 'pg_stat_statements'",
                until));
        if (rows.empty())
            return fail(errc::no_counters, "the database has no extension pg_stat_statements", where, true);
        if (rows[0].size() != 5)
            return fail(errc::protocol, "PostgreSQL answered with another form than asked for", where);
        schema_ = rows[0][0];
        int minor = 0;
        const auto dot = rows[0][1].find('.');
        if (dot != std::string::npos)
            std::from_chars(rows[0][1].data() + dot + 1, rows[0][1].data() + rows[0][1].size(), minor);
        if (rows[0][1].starts_with("1.") && minor < oldest_extension)
            return fail(errc::no_counters,
                        "the extension pg_stat_statements is older than 1.9: ALTER EXTENSION pg_stat_statements UPDATE",
                        where, true);
        if (rows[0][2] == "none" || rows[0][4] == "off")
            return fail(errc::no_counters,
                        "statements are not counted: pg_stat_statements.track is none, or compute_query_id is off",
                        where, true);
        if (rows[0][3] != "true")
            return fail(errc::no_permission,
                        "PostgreSQL does not tell this user the statements of others: it is no member of "
                        "pg_read_all_stats",
                        where, true);
        UNDERSTUDY_TRY(calls(until));  // whether the library is loaded
        return {};
    }

    // When it began to count anew, or forgot statements.
    [[nodiscard]] std::string epoch() const {
        return fmt::format(
            "(SELECT i.dealloc || '/' || coalesce(i.stats_reset::text, '') FROM {}.pg_stat_statements_info i)",
            schema_);
    }

    // Which rows count.
    [[nodiscard]] static std::string counted() {
        return fmt::format(
            "s.dbid = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()) AND s.toplevel AND "
            "s.queryid IS DISTINCT FROM (SELECT a.query_id FROM pg_stat_get_activity(pg_backend_pid()) a) AND "
            "s.query NOT LIKE '{}%' AND s.query !~* {}",
            mark, steering);
    }

    // All rows of the last statement. Row by row, so that the size of an answer is known before it is all in memory.
    result<std::vector<text_row>> ask(const std::string& sql, moment until) {
        if (!alive()) return fail(errc::connection_lost, "the connection to PostgreSQL was lost before", where, true);
        auto rows = exchange(sql, until);
        // A late answer must not be taken for that of the next statement.
        if (!rows && rows.error().code != errc::server_error && rows.error().code != errc::no_permission &&
            rows.error().code != errc::no_counters)
            connection_.reset();
        return rows;
    }

    result<std::vector<text_row>> exchange(const std::string& sql, moment until) {
        if (!PQsendQuery(connection_.get(), sql.c_str())) return lost();
        PQsetSingleRowMode(connection_.get());
        std::vector<text_row> rows;
        std::size_t bytes = 0;
        std::optional<error> wrong;
        for (;;) {
            UNDERSTUDY_TRY(until_ready(until));
            const answer one(PQgetResult(connection_.get()));
            if (!one) break;
            const auto state = PQresultStatus(one.get());
            if (state == PGRES_SINGLE_TUPLE) {
                rows.push_back(row_of(one.get(), bytes));
                if (bytes > max_answer) return fail(errc::over_limit, "PostgreSQL's answer is too long", where, true);
            } else if (state != PGRES_TUPLES_OK && state != PGRES_COMMAND_OK && !wrong) {
                const char* code = PQresultErrorField(one.get(), PG_DIAG_SQLSTATE);
                if (!code) return lost();
                wrong = refused(code, where);
            }
        }
        if (wrong) return std::unexpected(*wrong);
        return rows;
    }

    status until_ready(moment until) {
        for (;;) {
            const int unsent = PQflush(connection_.get());
            if (unsent < 0) return lost();
            if (unsent == 0 && !PQisBusy(connection_.get())) return {};
            UNDERSTUDY_LET(ready, wait_for(PQsocket(connection_.get()), {true, unsent == 1}, until, where));
            if (ready.read && !PQconsumeInput(connection_.get())) return lost();
        }
    }

    static text_row row_of(const PGresult* from, std::size_t& bytes) {
        text_row out;
        for (int i = 0; i < PQnfields(from); ++i) {
            out.emplace_back(PQgetvalue(from, 0, i), static_cast<std::size_t>(PQgetlength(from, 0, i)));
            bytes += out.back().size() + sizeof(std::string);
        }
        return out;
    }

    [[nodiscard]] std::unexpected<error> lost() const {
        return fail(errc::connection_lost, "the connection to PostgreSQL was lost", where, true);
    }

    connection connection_;
    std::string schema_;
};

}  // namespace

result<std::unique_ptr<engine>> open_postgresql(const address& to, moment until) {
    auto made = std::make_unique<postgresql_engine>();
    UNDERSTUDY_TRY(made->connect(to, until));
    return made;
}

}  // namespace understudy::database::detail
