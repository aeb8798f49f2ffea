// base/error.h - what went wrong, in one form for the whole program.
//
// An error carries a numbered code (tests check the code, never the wording), one sentence that says what failed and
// what was expected, the place (file:line:column, or host:port), and whether it is safe to try again. The code decides
// the exit code of the program. Numbers are never reused: a retired code keeps its number and its line.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace understudy {

// The exit codes of docs/exit-codes.md.
enum class exit_code : int {
    ok = 0,
    unmet = 1,
    usage = 2,
    unreachable = 3,
    refused = 4,
    rollback_incomplete = 5,
    inconclusive = 6,
};

// name, number, exit code
#define UNDERSTUDY_ERROR_CODES(X)                    \
    X(usage, 100, usage)                             \
    X(config_missing, 101, usage)                    \
    X(config_syntax, 102, usage)                     \
    X(config_unknown_key, 103, usage)                \
    X(config_wrong_type, 104, usage)                 \
    X(config_bad_value, 105, usage)                  \
    X(config_missing_key, 106, usage)                \
    X(config_literal_secret, 107, usage)             \
    X(secret_missing, 108, usage)                    \
    X(newer_format, 109, usage)                      \
    X(bad_file, 110, usage)                          \
    X(two_changes, 111, usage)                       \
    X(unknown_name, 112, usage)                      \
    X(unreachable, 200, unreachable)                 \
    X(timed_out, 201, unreachable)                   \
    X(connection_lost, 202, unreachable)             \
    X(protocol, 203, unreachable)                    \
    X(over_limit, 204, unreachable)                  \
    X(auth_failed, 205, unreachable)                 \
    X(no_permission, 206, unreachable)               \
    X(server_loading, 207, unreachable)              \
    X(server_error, 208, unreachable)                \
    X(http_failed, 209, unreachable)                 \
    X(login_failed, 210, unreachable)                \
    X(command_failed, 211, unreachable)              \
    X(command_timed_out, 212, unreachable)           \
    X(io, 213, unreachable)                          \
    X(disk_full, 214, unreachable)                   \
    X(interrupted, 215, unreachable)                 \
    X(oom, 216, unreachable)                         \
    X(no_counters, 217, unreachable)                 \
    X(tls_failed, 218, unreachable)                  \
    X(cluster_changed, 219, unreachable)             \
    X(unsafe_target, 300, refused)                   \
    X(not_writable, 301, refused)                    \
    X(locked, 302, refused)                          \
    X(drift, 303, refused)                           \
    X(needs_rollback, 304, refused)                  \
    X(needs_backup, 305, refused)                    \
    X(forbidden_command, 306, refused)               \
    X(too_large, 307, refused)                       \
    X(stale_plan, 308, refused)                      \
    X(evidence_missing, 309, refused)                \
    X(evidence_failed, 310, refused)                 \
    X(evidence_stale, 311, refused)                  \
    X(evidence_foreign, 312, refused)                \
    X(evidence_edited, 313, refused)                 \
    X(cluster_unsettled, 314, refused)               \
    X(rollback_incomplete, 400, rollback_incomplete) \
    X(journal_damaged, 401, rollback_incomplete)     \
    X(backup_damaged, 402, rollback_incomplete)      \
    X(disturbed, 500, inconclusive)                  \
    X(not_enough_data, 501, inconclusive)            \
    X(internal, 900, unreachable)

enum class errc : std::uint16_t {
#define X(name, number, exit) name = number,
    UNDERSTUDY_ERROR_CODES(X)
#undef X
};

// The name of a code as it stands in the table, for reports and JSON.
[[nodiscard]] std::string_view name_of(errc code) noexcept;
[[nodiscard]] exit_code exit_of(errc code) noexcept;

struct error {
    errc code = errc::internal;
    std::string what;         // one sentence: what failed, what was expected; never a secret or a user's value
    std::string where;        // "file:line:column", "host:port", a command's name; may be empty
    bool retry_safe = false;  // trying the same again cannot do harm

    // "where: what (safe to try again)", as it is shown to people.
    [[nodiscard]] std::string text() const;
};

template <class T>
using result = std::expected<T, error>;
using status = result<void>;

[[nodiscard]] inline std::unexpected<error> fail(errc code, std::string what, std::string where = {},
                                                 bool retry_safe = false) {
    return std::unexpected<error>(error{code, std::move(what), std::move(where), retry_safe});
}

// Passes an error of one result on as that of another.
template <class T>
[[nodiscard]] std::unexpected<error> pass(result<T>&& failed) {
    return std::unexpected<error>(std::move(failed).error());
}

}  // namespace understudy

// Evaluates an expression of type result<T>; on an error the enclosing function returns it.
#define UNDERSTUDY_TRY(statement_expr)                                                   \
    do {                                                                                 \
        if (auto try_result_ = (statement_expr); !try_result_.has_value())               \
            return std::unexpected<::understudy::error>(std::move(try_result_).error()); \
    } while (false)

// UNDERSTUDY_LET(name, expr): `name` becomes the value of expr, or the enclosing function returns its error.
#define UNDERSTUDY_LET(name, expr)                                                                                   \
    auto name##_result_ = (expr);                                                                                    \
    if (!name##_result_.has_value()) return std::unexpected<::understudy::error>(std::move(name##_result_).error()); \
    auto& name = *name##_result_
