// The texts here are fixed: of what the server says only the code word and the kind of message are looked at, because
// its messages quote arguments ("unknown command 'x', with args beginning with: ...").
#include "net/command.h"

#include <algorithm>
#include <array>
#include <span>

namespace understudy::net {

namespace {

using namespace std::string_view_literals;

struct meaning {
    std::string_view begins;  // a code word, or how the text after ERR begins
    errc code;
    std::string_view what;
    bool retry_safe = false;
};

constexpr std::array words{
    meaning{"NOAUTH", errc::auth_failed, "the server asks for a password and none was given"},
    meaning{"WRONGPASS", errc::auth_failed, "the server does not accept this user and password"},
    meaning{"NOPERM", errc::no_permission, "this user's ACL does not allow the command"},
    meaning{"DENIED", errc::no_permission, "the server is in protected mode and takes no connections from here"},
    meaning{"LOADING", errc::server_loading, "the server is still loading its data", true},
    meaning{"OOM", errc::oom, "the server has no memory left for it (maxmemory)"},
    meaning{"WRONGTYPE", errc::server_error, "WRONGTYPE: the key holds another type"},
    meaning{"READONLY", errc::server_error, "READONLY: the server is a read-only replica"},
    meaning{"MISCONF", errc::server_error, "MISCONF: the server cannot save to disk and refuses writes"},
    meaning{"MASTERDOWN", errc::server_error, "MASTERDOWN: the replica has lost its master", true},
    meaning{"NOREPLICAS", errc::server_error, "NOREPLICAS: too few replicas to write"},
    meaning{"BUSY", errc::server_error, "BUSY: the server is running a script", true},
    meaning{"BUSYKEY", errc::server_error, "BUSYKEY: the key exists"},
    meaning{"MOVED", errc::cluster_changed, "MOVED: the key lives on another node of the cluster", true},
    meaning{"ASK", errc::cluster_changed, "ASK: the key is moving to another node of the cluster", true},
    meaning{"CROSSSLOT", errc::server_error, "CROSSSLOT: the keys are in different slots of the cluster"},
    meaning{"CLUSTERDOWN", errc::cluster_changed, "CLUSTERDOWN: the cluster is down", true},
    meaning{"TRYAGAIN", errc::cluster_changed, "TRYAGAIN: the slot is moving", true},
    meaning{"EXECABORT", errc::server_error, "EXECABORT: the transaction was refused because of an earlier error"},
    meaning{"NOSCRIPT", errc::server_error, "NOSCRIPT: the server has no such script"},
    meaning{"NOPROTO", errc::server_error, "NOPROTO: the server does not know this protocol version"},
};

constexpr std::array messages{
    meaning{"unknown command", errc::server_error, "the server does not know the command"},
    meaning{"unknown subcommand", errc::server_error, "the server does not know the subcommand"},
    meaning{"wrong number of arguments", errc::server_error, "wrong number of arguments"},
    meaning{"syntax error", errc::server_error, "syntax error"},
    meaning{"value is not an integer", errc::server_error, "an argument is not an integer or is out of range"},
    meaning{"db index is out of range", errc::server_error, "the server has no such database"},
    meaning{"invalid db index", errc::server_error, "the server has no such database"},
    meaning{"select is not allowed", errc::config_bad_value, "the server has only database 0, as a Redis Cluster has"},
    meaning{"invalid password", errc::auth_failed, "the server does not accept the password"},
    meaning{"client sent auth, but no password", errc::auth_failed, "a password was given but the server has none set"},
    meaning{"auth <password> called without", errc::auth_failed, "a password was given but the server has none set"},
    meaning{"max number of clients", errc::server_error, "the server has as many clients as it allows", true},
    meaning{"no such key", errc::server_error, "no such key"},
    meaning{"bad data format", errc::server_error, "the server does not take the DUMP payload: bad data format"},
    meaning{"dump payload version or checksum", errc::server_error,
            "the server does not take the DUMP payload: its version or checksum"},
    meaning{"unknown option or number of arguments", errc::server_error, "the server has no such setting"},
    meaning{"unsupported config parameter", errc::server_error, "the server has no such setting"},
    meaning{"config set failed", errc::server_error, "the server did not take the setting"},
    meaning{"invalid argument", errc::server_error, "an argument is not valid"},
    meaning{"an lfu maxmemory policy is not selected", errc::server_error, "the maxmemory policy is not an LFU one"},
    meaning{"an lfu maxmemory policy is selected", errc::server_error, "the maxmemory policy is an LFU one"},
};

// Commands whose second word is a subcommand and not an argument.
constexpr std::array containers{"ACL"sv,      "CLIENT"sv,  "CLUSTER"sv, "COMMAND"sv, "CONFIG"sv, "DEBUG"sv,
                                "FUNCTION"sv, "LATENCY"sv, "MEMORY"sv,  "MODULE"sv,  "OBJECT"sv, "PUBSUB"sv,
                                "SCRIPT"sv,   "SLOWLOG"sv, "XGROUP"sv,  "XINFO"sv};

char upper(char byte) {
    return byte >= 'a' && byte <= 'z' ? static_cast<char>(byte - 'a' + 'A') : byte;
}

// In capitals when it looks like a word of a protocol, else "?".
std::string plain_word(std::string_view word) {
    if (word.empty() || word.size() > 24) return "?";
    std::string made;
    for (const char byte : word) {
        const char one = upper(byte);
        if ((one < 'A' || one > 'Z') && (one < '0' || one > '9') && one != '-' && one != '_' && one != '.') return "?";
        made += one;
    }
    return made;
}

bool begins_with(std::string_view text, std::string_view lower_case) {
    if (text.size() < lower_case.size()) return false;
    for (std::size_t i = 0; i < lower_case.size(); ++i)
        if (upper(text[i]) != upper(lower_case[i])) return false;
    return true;
}

error made_from(const meaning& known, std::string where) {
    return {known.code, std::string(known.what), std::move(where), known.retry_safe};
}

}  // namespace

std::string name_of(const command& words_of_it) {
    if (words_of_it.empty()) return "?";
    std::string name = plain_word(words_of_it[0]);
    if (words_of_it.size() > 1 && std::ranges::find(containers, name) != containers.end())
        name += " " + plain_word(words_of_it[1]);
    return name;
}

std::optional<error> reply_error(const resp::value& reply, std::string where) {
    if (!reply.is_error()) return std::nullopt;
    const std::string_view word = reply.error_word();
    for (const meaning& known : words)
        if (word == known.begins) return made_from(known, std::move(where));
    if (word == "ERR") {
        std::string_view text = reply.error_text().substr(word.size());
        text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
        for (const meaning& known : messages)
            if (begins_with(text, known.begins)) return made_from(known, std::move(where));
    }
    return error{errc::server_error, "the server answered with the error " + plain_word(word), std::move(where), false};
}

}  // namespace understudy::net
