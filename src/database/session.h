// database/session.h - a read-only session with a database, for its own counters and for nothing else.
//
// What is counted is what an application would call a database call, and what the hooks of frameworks count: statements
// that ask for data or change it. BEGIN, COMMIT, SAVEPOINT, SET, SHOW and their kin are not counted, nor are statements
// of ours.
//
//   PostgreSQL 14 and newer  sum of `calls` of pg_stat_statements (1.9 and newer) of this database, top level only. It
//                            needs the extension and pg_read_all_stats. A statement that fails is not counted there.
//   MariaDB, MySQL           SHOW GLOBAL STATUS: Com_select and its kin, of the whole server, statements in procedures
//                            too. It needs no permission; the statements by name need performance_schema.
//
// Sources: PostgreSQL 15 manual, F.32 (pg_stat_statements) and 34.4 (asynchronous libpq); MariaDB, "Server Status
// Variables" and "Using the Non-blocking Library".
//
// The address is all that counts: neither variables of the environment (PGHOSTADDR, PGSERVICE, PGOPTIONS ...) nor files
// that the client libraries would look for add to it. Without `ca` a host that is not this machine is not offered the
// methods of MySQL that send the password under a key that comes without TLS.
//
// A session that was interrupted or whose deadline passed is dead: a late answer must not be taken for the next one.
// Thread rule: one thread at a time. Movable. Closes its connection when it goes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "database/address.h"

namespace understudy::database {

// The counter at one moment. Two of them can be subtracted where their epochs are equal: another one says that the
// counter was reset in between, or forgot statements.
struct call_count {
    std::uint64_t calls = 0;
    std::string epoch;
};

// What one statement cost since the database began to count.
struct statement_total {
    std::string id;
    std::string text;  // as it may be shown: statement_text.h
    std::uint64_t calls = 0;
    double milliseconds = 0;
};

// More than either database keeps by itself.
inline constexpr std::size_t max_statements = 10'000;

// Two lists can be subtracted where both are whole and their epochs are equal: as with call_count.
struct statement_list {
    std::vector<statement_total> all;  // in no order
    bool cut = false;                  // only the max_statements most called ones
    std::string epoch;                 // empty in an empty list
};

namespace detail {
class engine;
}

class session {
public:
    // Connects and looks whether there is anything to count with.
    // Errors: unreachable, timed_out, interrupted, connection_lost, auth_failed, server_loading, tls_failed, protocol,
    // server_error; no_counters where the database does not count; no_permission where it does not tell this role.
    [[nodiscard]] static result<session> open(const address& to, moment until);

    session(session&&) noexcept;
    session& operator=(session&&) noexcept;
    ~session();

    // One round trip. Errors: those of open, and over_limit.
    [[nodiscard]] result<call_count> calls(moment until);
    // Two round trips at most. Errors: the same; no_counters where MySQL keeps no list.
    [[nodiscard]] result<statement_list> statements(moment until);

    [[nodiscard]] const std::string& product() const;  // "PostgreSQL", "MariaDB", "MySQL"
    [[nodiscard]] const std::string& version() const;  // "15.18"
    [[nodiscard]] const std::string& where() const;
    [[nodiscard]] bool alive() const noexcept;

private:
    explicit session(std::unique_ptr<detail::engine> on);
    std::unique_ptr<detail::engine> engine_;
};

// What would mend an error of a session with such a database; empty where only looking closer would.
[[nodiscard]] std::string mend_of(const error& wrong, kind of);

}  // namespace understudy::database
