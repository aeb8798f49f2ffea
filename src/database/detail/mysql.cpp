// MariaDB and MySQL through libmariadb's non-blocking calls: each returns what it waits for, and is gone on with when
// that has come, so every wait has a deadline and hears Ctrl-C.
//
// why     LOAD DATA LOCAL is off: with it a server may ask its client for any file. Passwords are only sent by methods
//         that do not show them: two of MySQL's fetch the server's key first, and whoever stands in between could give
//         his own. They are for TLS and for this machine.
// why     Our own statements need not be subtracted: SHOW STATUS counts as Com_show_status, SET as Com_set_option, and
//         the one SELECT of ours (from performance_schema) is not asked for between two readings.
#include <algorithm>
#include <array>
#include <cstdlib>

#include <errmsg.h>
#include <fmt/format.h>
#include <mysql.h>
#include <mysqld_error.h>
#include <sys/socket.h>

#include "database/detail/engine.h"
#include "database/detail/wait.h"
#include "database/statement_text.h"

namespace understudy::database::detail {

namespace {

// What an application would call a call. Statements that are prepared count here too, when they are executed.
constexpr std::string_view counters =
    "'Com_select','Com_insert','Com_insert_select','Com_update','Com_update_multi','Com_delete','Com_delete_multi',"
    "'Com_replace','Com_replace_select','Com_load','Com_call_procedure','Com_do','Com_truncate','Com_show_fields',"
    "'Com_show_tables','Com_show_keys','Com_show_create_table'";
constexpr unsigned socket_seconds = 10;
constexpr unsigned long largest_packet = 16ul << 20;
constexpr std::string_view mark = "/* understudy */ ";

struct close_connection {
    void operator()(MYSQL* of) const { mysql_close(of); }
};
struct free_result {
    void operator()(MYSQL_RES* of) const { mysql_free_result(of); }
};

class mysql_engine final : public engine {
public:
    status connect(const address& to, moment until) {
        where = to.text();
        name_ = to.name;
        product = "the database";  // until it says which of the two it is
        std::vector<std::string> hosts{""};
        if (to.unix_path.empty()) {
            UNDERSTUDY_LET(found, addresses_of(to.host, until, where));
            // TLS checks the name, so with it the name is what is given; it was looked up just now.
            hosts = to.ca.empty() ? found : std::vector<std::string>{to.host};
        }
        status outcome;
        for (const auto& host : hosts) {
            outcome = connect_to(host, to, until);
            if (outcome || outcome.error().code != errc::unreachable) break;
        }
        UNDERSTUDY_TRY(outcome);
        product = mariadb_connection(connection_.get()) ? "MariaDB" : "MySQL";
        version = plain_version(mysql_get_server_info(connection_.get()));
        UNDERSTUDY_TRY(ask("SET SESSION TRANSACTION READ ONLY", until));
        UNDERSTUDY_TRY(calls(until));
        return {};
    }

    result<call_count> calls(moment until) override {
        UNDERSTUDY_LET(rows, ask(fmt::format("SHOW GLOBAL STATUS WHERE Variable_name IN "
                                             "('Uptime','Uptime_since_flush_status',{})",
                                             counters),
                                 until));
        std::uint64_t sum = 0, up = 0, flushed = 0;
        for (const auto& row : rows) {
            if (row.size() != 2) return fail(errc::protocol, "the answer has another form than asked for", where);
            UNDERSTUDY_LET(number, whole_number(row[1], where));
            if (row[0] == "Uptime")
                up = number;
            else if (row[0] == "Uptime_since_flush_status")
                flushed = number;
            else
                sum += number;
        }
        if (rows.size() < 3) return fail(errc::no_counters, product + " shows no counters of statements", where, true);
        return call_count{sum, std::to_string(up - std::min(up, flushed))};
    }

    result<statement_list> statements(moment until) override {
        UNDERSTUDY_LET(on, ask("SELECT @@performance_schema", until));
        if (on.empty() || on[0].empty() || on[0][0] != "1")
            return fail(errc::no_counters, product + " keeps no list of statements: performance_schema is off", where,
                        true);
        std::string name(name_.size() * 2 + 1, '\0');
        name.resize(mysql_real_escape_string(connection_.get(), name.data(), name_.data(),
                                             static_cast<unsigned long>(name_.size())));
        UNDERSTUDY_LET(
            rows, ask(fmt::format("{}SELECT DIGEST, DIGEST_TEXT, COUNT_STAR, SUM_TIMER_WAIT FROM "
                                  "performance_schema.events_statements_summary_by_digest WHERE SCHEMA_NAME = '{}' "
                                  "AND DIGEST IS NOT NULL ORDER BY COUNT_STAR DESC LIMIT {}",
                                  mark, name, max_statements + 1),
                      until));
        statement_list out;
        UNDERSTUDY_LET(lost, ask("SHOW GLOBAL STATUS WHERE Variable_name = 'Performance_schema_digest_lost'", until));
        for (const auto& row : lost)
            out.epoch += row.back();
        out.cut = rows.size() > max_statements;
        for (const auto& row : rows) {
            if (row.size() != 4) return fail(errc::protocol, "the answer has another form than asked for", where);
            UNDERSTUDY_LET(times, whole_number(row[2], where));
            if (!asks_for_data(row[1], dialect::mysql)) continue;
            out.all.push_back({row[0], shown_statement(row[1], dialect::mysql), times,
                               std::strtod(row[3].c_str(), nullptr) / 1e9});  // from picoseconds
        }
        return out;
    }

    [[nodiscard]] bool alive() const noexcept override { return connection_ && !dead_; }

private:
    // "5.5.5-10.11.19-MariaDB-0+deb12u1" is what MariaDB says to old clients.
    static std::string plain_version(std::string_view text) {
        if (text.starts_with("5.5.5-")) text.remove_prefix(6);
        return std::string(text.substr(0, text.find('-')));
    }

    status connect_to(const std::string& host, const address& to, moment until) {
        connection_.reset(mysql_init(nullptr));
        dead_ = false;
        if (!connection_) return fail(errc::over_limit, "not enough memory", where);
        set_options(to, host);
        MYSQL* made = nullptr;
        const auto* const socket = to.unix_path.empty() ? nullptr : to.unix_path.c_str();
        int waits = mysql_real_connect_start(&made, connection_.get(), host.empty() ? nullptr : host.c_str(),
                                             to.username.c_str(), to.password.c_str(), nullptr, to.port, socket, 0);
        UNDERSTUDY_TRY(
            drive(waits, until, [&](int ready) { return mysql_real_connect_cont(&made, connection_.get(), ready); }));
        if (made) return {};
        error wrong = failure();
        connection_.reset();
        return std::unexpected(std::move(wrong));
    }

    void set_options(const address& to, const std::string& host) {
        const unsigned int off = 0, over_tcp = MYSQL_PROTOCOL_TCP;
        const my_bool yes = 1;
        mysql_options(connection_.get(), MYSQL_OPT_NONBLOCK, nullptr);
        mysql_options(connection_.get(), MYSQL_OPT_LOCAL_INFILE, &off);
        mysql_options(connection_.get(), MYSQL_OPT_CONNECT_TIMEOUT, &socket_seconds);
        mysql_options(connection_.get(), MYSQL_OPT_READ_TIMEOUT, &socket_seconds);
        mysql_options(connection_.get(), MYSQL_OPT_WRITE_TIMEOUT, &socket_seconds);
        mysql_options(connection_.get(), MYSQL_OPT_MAX_ALLOWED_PACKET, &largest_packet);
        mysql_options(connection_.get(), MYSQL_SET_CHARSET_NAME, "utf8mb4");
        // Else the name localhost would be its own Unix socket.
        if (to.unix_path.empty()) mysql_options(connection_.get(), MYSQL_OPT_PROTOCOL, &over_tcp);
        const bool unseen = !to.ca.empty() || !to.unix_path.empty() || is_local(host);
        mysql_optionsv(connection_.get(), MARIADB_OPT_RESTRICTED_AUTH,
                       unseen ? "mysql_native_password,client_ed25519,caching_sha2_password,sha256_password"
                              : "mysql_native_password,client_ed25519");
        mysql_optionsv(connection_.get(), MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", "understudy");
        if (to.ca.empty()) return;
        mysql_ssl_set(connection_.get(), nullptr, nullptr, to.ca.c_str(), nullptr, nullptr);
        mysql_options(connection_.get(), MYSQL_OPT_SSL_ENFORCE, &yes);
        mysql_options(connection_.get(), MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &yes);
    }

    // Goes on with an operation until it waits for nothing more.
    status drive(int waits, moment until, const auto& go_on) {
        while (waits != 0) {
            const wanted events{(waits & (MYSQL_WAIT_READ | MYSQL_WAIT_EXCEPT)) != 0, (waits & MYSQL_WAIT_WRITE) != 0};
            auto ready = wait_for(mysql_get_socket(connection_.get()), events, until, where);
            if (!ready) {
                abandon();
                return std::unexpected(std::move(ready).error());
            }
            waits = go_on((ready->read ? MYSQL_WAIT_READ : 0) | (ready->write ? MYSQL_WAIT_WRITE : 0));
        }
        return {};
    }

    // The connection goes later, since a result may still point to it. Its socket is shut now, so that nothing that
    // libmariadb does to let go of either could wait.
    void abandon() {
        ::shutdown(static_cast<int>(mysql_get_socket(connection_.get())), SHUT_RDWR);
        dead_ = true;
    }

    result<std::vector<text_row>> ask(const std::string& sql, moment until) {
        if (!alive()) return fail(errc::connection_lost, "the connection to the database was lost before", where, true);
        auto* const on = connection_.get();
        int code = 0;
        int waits = mysql_real_query_start(&code, on, sql.data(), static_cast<unsigned long>(sql.size()));
        UNDERSTUDY_TRY(drive(waits, until, [&](int ready) { return mysql_real_query_cont(&code, on, ready); }));
        if (code != 0) return lost_or_refused();
        const std::unique_ptr<MYSQL_RES, free_result> table(mysql_use_result(on));
        std::vector<text_row> rows;
        if (!table) return rows;
        std::size_t bytes = 0;
        for (;;) {
            MYSQL_ROW row = nullptr;
            waits = mysql_fetch_row_start(&row, table.get());
            UNDERSTUDY_TRY(
                drive(waits, until, [&](int ready) { return mysql_fetch_row_cont(&row, table.get(), ready); }));
            if (!row) break;
            rows.push_back(row_of(table.get(), row, bytes));
            if (bytes > max_answer) {
                abandon();
                return fail(errc::over_limit, "the database's answer is too long", where, true);
            }
        }
        if (mysql_errno(on) != 0) return lost_or_refused();
        return rows;
    }

    static text_row row_of(MYSQL_RES* from, MYSQL_ROW row, std::size_t& bytes) {
        text_row out;
        const auto* const lengths = mysql_fetch_lengths(from);
        for (unsigned i = 0; i < mysql_num_fields(from); ++i) {
            out.push_back(row[i] ? std::string(row[i], lengths[i]) : std::string());
            bytes += out.back().size() + sizeof(std::string);
        }
        return out;
    }

    std::unexpected<error> lost_or_refused() {
        error wrong = failure();
        if (wrong.code == errc::connection_lost) abandon();
        return std::unexpected(std::move(wrong));
    }

    // By number only: a server's own text may repeat what it was sent.
    [[nodiscard]] error failure() const {
        const unsigned number = mysql_errno(connection_.get());
        const auto is = [&](errc code, std::string text) { return error{code, std::move(text), where, true}; };
        switch (number) {
            case ER_ACCESS_DENIED_ERROR:
            case 1698:  // ER_ACCESS_DENIED_NO_PASSWORD_ERROR
            case CR_AUTH_PLUGIN_CANNOT_LOAD:
                return is(errc::auth_failed, product + " refused the user or the password");
            case ER_DBACCESS_DENIED_ERROR:
            case ER_TABLEACCESS_DENIED_ERROR:
            case ER_SPECIFIC_ACCESS_DENIED_ERROR:
                return is(errc::no_permission, product + " refused for want of a permission");
            case CR_CONNECTION_ERROR:
            case CR_CONN_HOST_ERROR:
            case CR_UNKNOWN_HOST:
                return is(errc::unreachable, "cannot connect to " + product);
            case CR_PLUGIN_NOT_ALLOWED:
                return is(errc::auth_failed,
                          product +
                              " wants a method of logging in that is not safe without TLS; name `ca`, "
                              "or let the user have mysql_native_password or ed25519");
            case CR_SSL_CONNECTION_ERROR:
                return is(errc::tls_failed, "TLS with " + product + " failed: " + tls_reason());
            case CR_VERSION_ERROR:
            case CR_MALFORMED_PACKET:
                return is(errc::protocol, "what answers there is no MariaDB and no MySQL");
            case CR_SERVER_GONE_ERROR:
            case CR_SERVER_LOST:
            case ER_SERVER_SHUTDOWN:
            case ER_CONNECTION_KILLED:
            case 4031:  // ER_CLIENT_INTERACTION_TIMEOUT of MySQL: it was idle for wait_timeout
                return is(errc::connection_lost, "the connection to " + product + " was lost");
            default:
                return is(errc::server_error, fmt::format("{} answered with error {}", product, number));
        }
    }

    // In words of ours, for the text could be a server's.
    [[nodiscard]] std::string tls_reason() const {
        const std::string_view text = mysql_error(connection_.get());
        const auto says = [&](std::string_view what) { return text.find(what) != std::string_view::npos; };
        if (says("does not support")) return "it offers none";
        if (says("Validation of SSL")) return "the host's name is not in its certificate";
        if (says("expired")) return "its certificate has expired";
        if (says("certificate")) return "its certificate is not of the authorities in `ca`";
        return "its certificate or name is not accepted, or `ca` cannot be read";
    }

    std::unique_ptr<MYSQL, close_connection> connection_;
    std::string name_;
    bool dead_ = false;  // left in the middle of an operation, or lost
};

}  // namespace

result<std::unique_ptr<engine>> open_mysql(const address& to, moment until) {
    auto made = std::make_unique<mysql_engine>();
    UNDERSTUDY_TRY(made->connect(to, until));
    return made;
}

}  // namespace understudy::database::detail
