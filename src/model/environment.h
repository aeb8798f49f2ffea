// model/environment.h - what understudy.toml says: environments, routes, and how to be somebody there.
//
// Plain structs, filled by model/project_file.h. No secret is ever held here, only where to find it.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace understudy::model {

enum class role : std::uint8_t { production, staging, scratch };
enum class access : std::uint8_t { read_only, read_write };

// Where a secret is found: `${NAME}` is an environment variable, `file:PATH` the first line of a file.
struct secret_ref {
    enum class source : std::uint8_t { none, environment, file };
    source from = source::none;
    std::string name;

    [[nodiscard]] bool given() const { return from != source::none; }
    friend bool operator==(const secret_ref&, const secret_ref&) = default;
};

// How a server proves over TLS that it is the right one, and how we prove who we are. Paths are absolute; the key's
// file holds the secret, so its name may be kept. Verification cannot be turned off.
struct tls_settings {
    std::string ca;           // PEM, the authorities to trust; empty: the system's
    std::string certificate;  // PEM, ours and what it was signed by; empty: none
    std::string key;          // PEM, without a passphrase
    std::string server_name;  // that the server's certificate must hold, and that is asked for; empty: the host

    friend bool operator==(const tls_settings&, const tls_settings&) = default;
};

struct server_place {
    std::string host;
    std::uint16_t port = 0;
    friend bool operator==(const server_place&, const server_place&) = default;
};

// The sentinels that know which server is the primary now. Host and port of the address say nothing then.
struct sentinel_watch {
    std::vector<server_place> at;
    std::string master;    // the name under which they watch it
    std::string username;  // of the sentinels themselves
    secret_ref password;

    friend bool operator==(const sentinel_watch&, const sentinel_watch&) = default;
};

struct redis_address {
    std::string host = "127.0.0.1";
    std::uint16_t port = 6379;
    std::string unix_path;  // not empty: a Unix socket, and host and port say nothing
    int database = 0;
    std::string username;  // without a password: a user that has none (nopass)
    secret_ref password;
    std::optional<tls_settings> tls;          // empty: plain text; of the sentinels too
    std::optional<sentinel_watch> sentinels;  // empty: the address is where the server is
};

enum class database_kind : std::uint8_t { postgresql, mysql, mariadb };

// The application's database, for its own counters: how many statements a request costs.
struct database_address {
    database_kind kind = database_kind::postgresql;
    std::string host = "127.0.0.1";
    std::uint16_t port = 5432;
    std::string unix_path;  // not empty: PostgreSQL's socket folder or MySQL's socket, and host says nothing
    std::string name;       // of the database
    std::string username;
    secret_ref password;
    std::string ca;  // a file of certificates: TLS is then a must, and the server's name and certificate are checked
};

// A command of an environment. It runs as an argument vector, without a shell.
// Whether a variable of that name is likely to hold a secret: ..PASS.., ..SECRET.., ..TOKEN.., ..CREDENTIAL.., ..KEY.
[[nodiscard]] bool sounds_secret(std::string_view variable);

struct named_command {
    std::string name;
    std::vector<std::string> argv;                 // may hold {argument} placeholders, and {release} in a rollback
    std::map<std::string, std::string> arguments;  // placeholder -> pattern (ECMAScript) its value must match wholly
    std::vector<std::string> environment;          // NAME (passed on from ours) or NAME=value; nothing else is seen
    std::string folder;                            // absolute
    std::chrono::milliseconds timeout{60'000};

    // Whether these are values for exactly the declared arguments, each at most 256 bytes and matching its pattern
    // wholly; errc::config_bad_value, which names the argument and never its value.
    [[nodiscard]] status accepts(const std::map<std::string, std::string>& values) const;
    // The arguments as they are run: placeholders filled in, {release} by `release`. Values that were not accepted
    // must not come here.
    [[nodiscard]] std::vector<std::string> filled(const std::map<std::string, std::string>& values,
                                                  const std::string& release) const;
    [[nodiscard]] bool wants_release() const;  // {release} is among the arguments
};

struct form_login {
    std::string path;
    std::string username_field = "username";
    std::string password_field = "password";
    std::string csrf_field;  // empty: none
    std::string username;
    secret_ref password;
};

struct header_login {  // a header sent with each request: Authorization, Cookie, X-Api-Key
    std::string name;
    secret_ref value;
};

// How an identity proves that it is who it should be.
struct identity_proof {
    std::string path;
    int status = 200;
    std::string contains;  // text that the answer must hold; empty: the status suffices
};

struct identity {
    std::string name;  // "anonymous" is always there, without login
    std::optional<form_login> form;
    std::optional<header_login> header;
    std::optional<identity_proof> logged_in_when;
    std::string marker;  // text that only this identity may ever see; empty: none
};

struct basic_auth {
    std::string username;
    secret_ref password;
};

// What makes the application report its database calls to us and to nobody else.
struct instrumentation {
    std::string header = "X-Understudy";
    secret_ref secret;
};

struct limits {
    double requests_per_second = 0;       // 0: no limit of ours
    std::uint64_t census_keys = 500'000;  // keys that a census may hold in memory
};

struct environment {
    std::string name;
    model::role role = role::staging;
    model::access access = access::read_only;
    std::string url;
    std::optional<tls_settings> tls;  // for an https url; empty: the system's authorities and no certificate of ours
    std::optional<basic_auth> basic;
    std::optional<instrumentation> instrument;
    redis_address redis;
    std::optional<database_address> database;
    model::limits limits;
    double scale = 1;                  // how much of production it is meant to hold; not in journals
    std::vector<identity> identities;  // anonymous first
    std::vector<named_command> commands;

    [[nodiscard]] const named_command* command(std::string_view name) const;
    [[nodiscard]] const identity* who(std::string_view name) const;
};

// A request that must not be answered from a cache: with this cookie, header or query parameter.
struct bypass_condition {
    enum class kind : std::uint8_t { cookie, header, query };
    kind by = kind::cookie;
    std::string name, value;
};

// What a route's owner says of caches between the application and its visitors. `checklist` holds the answers to it.
struct cache_rule {
    std::vector<std::string> stored_for;               // identities that a cache may answer; nobody else
    std::optional<std::chrono::milliseconds> max_age;  // the longest that a shared cache may keep an answer
    std::vector<bypass_condition> bypass;
    std::vector<std::string> cached, not_cached;  // example targets that must be cached, and that must not
};

// The slowest that a route may be, for any identity.
struct response_limits {
    std::optional<std::chrono::milliseconds> cold, warm;
};

struct route {
    std::string name;
    std::string path;                                        // "/category/{slug}/"
    std::vector<std::map<std::string, std::string>> inputs;  // values for the placeholders; at least one, may be {}
    std::vector<std::string> identities;                     // who asks for it; at least one
    std::vector<std::string> keys;  // patterns of the Redis keys that it lives on; may be empty
    std::optional<cache_rule> cache;
    response_limits limits;

    // The path with the placeholders of one input filled in, percent-encoded.
    [[nodiscard]] std::string target(const std::map<std::string, std::string>& input) const;
};

struct backup_policy {
    std::chrono::milliseconds keep = std::chrono::hours{24 * 7};
    secret_ref key;  // encrypts backups where given
};

struct project {
    std::string file;    // absolute path of understudy.toml
    std::string folder;  // where it stands; run folders are made below it
    std::string runs = "understudy-runs";
    std::vector<environment> environments;
    std::vector<route> routes;
    backup_policy backups;
    std::map<std::string, std::string> accepted_drift;    // setting -> reason
    std::optional<std::chrono::milliseconds> drift_look;  // for so long keys of both are looked at; empty: not at all

    [[nodiscard]] const environment* find(std::string_view name) const;
    [[nodiscard]] const environment* with_role(role) const;  // the only or first one of that role
    [[nodiscard]] const route* find_route(std::string_view name) const;
};

}  // namespace understudy::model
