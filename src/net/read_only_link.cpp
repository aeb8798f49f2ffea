// The compiled table decides first; what COMMAND INFO says can only take away from it.
#include "net/read_only_link.h"

#include <algorithm>
#include <charconv>

#include "net/detail/permitted.h"
#include "net/detail/redis_connection.h"
#include "resp/commands.h"
#include "resp/writer.h"

namespace understudy::net {

namespace {

// "7.2.4" -> 702; 0 for anything else.
unsigned version_number(std::string_view text) {
    unsigned major = 0;
    unsigned minor = 0;
    const auto first = std::from_chars(text.data(), text.data() + text.size(), major);
    if (first.ec != std::errc{} || first.ptr == text.data() + text.size() || *first.ptr != '.') return 0;
    const auto second = std::from_chars(first.ptr + 1, text.data() + text.size(), minor);
    return second.ec != std::errc{} || major > 1000 || minor > 99 ? 0 : major * 100 + minor;
}

std::string shown_name(const resp::allowed_command& entry) {
    std::string name(entry.command);
    if (!entry.subcommand.empty()) name.append(" ").append(entry.subcommand);
    return name;
}

// COMMAND INFO answers one element per name: name, arity, flags, ... or null for a name it does not know. It is asked
// for "config|get" where the table says CONFIG GET (7.0; older servers answer null to that, and have no such flags).
command question() {
    command words{"COMMAND", "INFO"};
    for (const auto& entry : resp::allowed_commands()) {
        words.emplace_back(entry.command);
        if (!entry.subcommand.empty()) words.back().append("|").append(entry.subcommand);
    }
    return words;
}

bool flagged_as_write(const resp::value& answer) {
    if (answer.elements.size() < 3) return false;
    return std::ranges::any_of(answer.elements[2].elements, [](const resp::value& flag) {
        const auto text = flag.as_text();
        return text == "write" || text == "may_replicate";
    });
}

}  // namespace

read_only_link::read_only_link(std::unique_ptr<detail::redis_connection> connection)
    : connection_(std::move(connection)) {}
read_only_link::read_only_link(read_only_link&&) noexcept = default;
read_only_link& read_only_link::operator=(read_only_link&&) noexcept = default;
read_only_link::~read_only_link() = default;

result<read_only_link> read_only_link::connect(runtime& on, const redis_endpoint& to, deadline until,
                                               const link_options& options) {
    const detail::connection_options wanted{.set_name = options.set_name, .reply_bytes = options.reply_bytes};
    auto connection = detail::redis_connection::open(on.engine(), to, until, wanted);
    if (!connection) return std::unexpected(detail::harmless(std::move(connection).error()));
    read_only_link made(std::move(*connection));
    if (options.ask_flags) UNDERSTUDY_TRY(made.ask_flags(until));
    if (options.no_touch) UNDERSTUDY_TRY(made.ask_no_touch(until));
    return made;
}

status read_only_link::ask_flags(deadline until) {
    const command words = question();
    UNDERSTUDY_LET(replies, connection_->pipeline(std::span(&words, 1), until));
    const resp::value& answer = replies.front();
    const auto table = resp::allowed_commands();
    // No permission, or a server without it: the table stands alone.
    if (answer.is_error() || answer.elements.size() != table.size()) return {};
    flags_known_ = true;
    for (std::size_t i = 0; i < table.size(); ++i)
        if (flagged_as_write(answer.elements[i])) dropped_.push_back(shown_name(table[i]));
    return {};
}

status read_only_link::ask_no_touch(deadline until) {
    if (version_number(connection_->version()) < 702) return {};
    const command words{"CLIENT", "NO-TOUCH", "ON"};
    UNDERSTUDY_LET(replies, connection_->pipeline(std::span(&words, 1), until));
    no_touch_ = !replies.front().is_error();
    return {};
}

status read_only_link::allowed(const command& words) const {
    if (!detail::on_read_table(words))
        return std::unexpected(
            detail::forbidden(words, "not one of the commands that only read; nothing was sent", where()));
    if (!dropped_.empty()) {
        const std::string name = name_of(words);
        const auto same = [&name](const std::string& one) { return name == one || name.starts_with(one + " "); };
        if (std::ranges::any_of(dropped_, same))
            return std::unexpected(
                detail::forbidden(words, "this server calls the command a write; nothing was sent", where()));
    }
    return {};
}

result<resp::value> read_only_link::call(const command& words, deadline until) {
    UNDERSTUDY_TRY(allowed(words));
    auto reply = connection_->call(words, until);
    if (!reply) return std::unexpected(detail::harmless(std::move(reply).error()));
    return reply;
}

result<std::vector<resp::value>> read_only_link::pipeline(std::span<const command> commands, deadline until) {
    for (const command& words : commands)
        UNDERSTUDY_TRY(allowed(words));
    auto replies = connection_->pipeline(commands, until);
    if (!replies) return std::unexpected(detail::harmless(std::move(replies).error()));
    return replies;
}

status read_only_link::pipeline(std::span<const command> commands, deadline until, const reply_sink& take) {
    for (const command& words : commands)
        UNDERSTUDY_TRY(allowed(words));
    auto done = connection_->pipeline(commands, until, take);
    if (!done) return std::unexpected(detail::harmless(std::move(done).error()));
    return {};
}

result<key_question> read_only_link::question_of(const command& words) const {
    auto whole = words;
    whole.emplace_back("key");
    UNDERSTUDY_TRY(allowed(whole));
    std::string head;
    resp::begin_command(head, whole.size());
    for (const auto& word : words)
        resp::append_argument(head, word);
    return key_question(std::move(head));
}

status read_only_link::ask(std::span<const command> whole, std::span<const key_call> calls, deadline until,
                           const reply_sink& take) {
    for (const command& words : whole)
        UNDERSTUDY_TRY(allowed(words));
    const command_batch batch{whole.size() + calls.size(), [&](std::size_t index, std::string& out) {
                                  if (index < whole.size())
                                      return resp::append_command(out, std::span<const std::string>(whole[index]));
                                  const auto& call = calls[index - whole.size()];
                                  out += call.what->head_;
                                  resp::append_argument(out, call.key);
                              }};
    auto done = connection_->pipeline(batch, until, take);
    if (!done) return std::unexpected(detail::harmless(std::move(done).error()));
    return {};
}

void read_only_link::stamp_arrivals() {
    connection_->stamp_arrivals();
}

std::chrono::nanoseconds read_only_link::last_round_trip() const noexcept {
    return connection_->last_round_trip();
}

bool read_only_link::alive() const noexcept {
    return connection_->alive();
}

const std::string& read_only_link::where() const noexcept {
    return connection_->where();
}

const server_address& read_only_link::address() const noexcept {
    return connection_->address();
}

}  // namespace understudy::net
