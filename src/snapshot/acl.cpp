#include "snapshot/acl.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "net/command.h"

namespace understudy::snapshot {

namespace {

constexpr std::size_t most_users = 4096;
constexpr std::size_t most_bytes = std::size_t{16} << 20;  // of names and rules

void append(std::string& to, std::string_view word) {
    if (word.empty()) return;
    if (!to.empty()) to += ' ';
    to += word;
}

bool has_flag(const resp::value& reply, std::string_view flag) {
    const auto* flags = reply.find("flags");
    return flags != nullptr &&
           std::ranges::any_of(flags->elements, [&](const auto& one) { return one.as_text() == flag; });
}

// "~shop:* %R~x": as it is from 7.0 on, and before that a list of bare patterns.
std::string patterns(const resp::value& reply, std::string_view name, char sign) {
    const auto* found = reply.find(name);
    if (found == nullptr) return {};
    if (const auto text = found->as_text()) return std::string(*text);
    std::string out;
    for (const auto& one : found->elements)
        if (const auto text = one.as_text()) append(out, sign + std::string(*text));
    return out;
}

std::string permissions(const resp::value& of) {
    std::string out = patterns(of, "keys", '~');
    auto channels = patterns(of, "channels", '&');
    if (of.find("channels") != nullptr && channels.empty()) channels = "resetchannels";
    append(out, channels);
    if (const auto* commands = of.find("commands")) append(out, commands->as_text().value_or(""));
    return out;
}

}  // namespace

std::optional<std::string> rules_in(const resp::value& reply) {
    if (reply.find("flags") == nullptr || reply.find("commands") == nullptr) return std::nullopt;
    std::string out = has_flag(reply, "on") ? "on" : "off";
    const auto* passwords = reply.find("passwords");
    if (has_flag(reply, "nopass"))
        append(out, "nopass");
    else if (passwords != nullptr && !passwords->elements.empty())
        append(out, "password");
    append(out, permissions(reply));
    if (const auto* selectors = reply.find("selectors"))
        for (const auto& one : selectors->elements)
            append(out, "(" + permissions(one) + ")");
    return out;
}

result<std::map<std::string, std::string>> users_of(net::read_only_link& link, net::deadline until) {
    UNDERSTUDY_LET(names, link.call({"ACL", "USERS"}, until));
    if (auto wrong = net::reply_error(names, "ACL USERS")) return std::unexpected(*std::move(wrong));
    if (names.elements.size() > most_users) return fail(errc::over_limit, "more than 4096 users", link.where());
    std::vector<net::command> questions;
    std::size_t bytes = 0;
    for (const auto& one : names.elements)
        if (const auto name = one.as_text(); name && (bytes += name->size()) <= most_bytes)
            questions.push_back({"ACL", "GETUSER", std::string(*name)});
    std::map<std::string, std::string> out;
    // One after the other: what a reply holds is dropped before the next one comes.
    const auto take = [&](std::size_t index, resp::value&& reply) -> status {
        if (auto wrong = net::reply_error(reply, "ACL GETUSER")) return std::unexpected(*std::move(wrong));
        if (reply.is_null()) return {};  // removed since
        auto rules = rules_in(reply);
        if (!rules) return fail(errc::protocol, "not what ACL GETUSER replies", link.where());
        bytes += rules->size();
        if (bytes > most_bytes) return fail(errc::over_limit, "users and rules of more than 16 MB", link.where());
        out.emplace(questions[index].back(), *std::move(rules));
        return {};
    };
    UNDERSTUDY_TRY(link.pipeline(questions, until, take));
    return out;
}

}  // namespace understudy::snapshot
