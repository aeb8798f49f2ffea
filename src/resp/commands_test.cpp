#include "resp/commands.h"

#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "resp/reader.h"

namespace understudy::resp {
namespace {

std::optional<use> asked(std::string_view line) {
    const auto words = split_inline(line);
    EXPECT_TRUE(words.has_value()) << line;
    const std::vector<std::string_view> views(words->begin(), words->end());
    return allowed_on_production(views);
}

TEST(allowed_on_production, knows_what_each_command_is_for) {
    for (const char* line : {"GET k", "get k", "HGETALL h", "ZRANGE z 0 -1 WITHSCORES", "SCAN 0 COUNT 100", "DUMP k",
                             "TYPE k", "PTTL k", "OBJECT FREQ k", "object encoding k", "MEMORY USAGE k SAMPLES 5",
                             "XINFO STREAM s", "PEXPIRETIME k", "BITFIELD_RO k GET u8 0", "DBSIZE"})
        EXPECT_EQ(asked(line), use::read) << line;
    for (const char* line : {"HELLO 3 AUTH u p SETNAME n", "AUTH p", "SELECT 1", "PING", "QUIT", "RESET", "MULTI",
                             "EXEC", "CLIENT SETNAME x", "client no-touch on", "CLIENT ID"})
        EXPECT_EQ(asked(line), use::session) << line;
    for (const char* line : {"INFO", "info everything", "CONFIG GET *", "SLOWLOG GET 10", "LATENCY HISTORY x", "ROLE",
                             "CLIENT LIST", "COMMAND", "COMMAND INFO get", "CLUSTER NODES", "ACL WHOAMI",
                             "MEMORY DOCTOR", "MODULE LIST", "PUBSUB NUMPAT", "LASTSAVE", "TIME"})
        EXPECT_EQ(asked(line), use::admin_read) << line;
}

TEST(allowed_on_production, refuses_all_that_writes_blocks_subscribes_or_is_unknown) {
    for (const char* line : {"SET k v",
                             "DEL k",
                             "UNLINK k",
                             "EXPIRE k 1",
                             "FLUSHALL",
                             "FLUSHDB",
                             "RESTORE k 0 x",
                             "COPY a b",
                             "MOVE k 1",
                             "GETEX k",
                             "GETEX k EX 1",
                             "GETDEL k",
                             "GETSET k v",
                             "SORT k",
                             "SORT k STORE d",
                             "GEORADIUS g 0 0 1 m",
                             "GEORADIUS g 0 0 1 m STORE d",
                             "GEORADIUS_RO g 0 0 1 m",
                             "GEOSEARCHSTORE d g",
                             "ZRANGESTORE d z 0 1",
                             "BITFIELD k SET u8 0 1",
                             "PFCOUNT k",
                             "PFADD k v",
                             "TOUCH k",
                             "EVAL x 0",
                             "EVAL_RO x 0",
                             "EVALSHA x 0",
                             "FCALL f 0",
                             "FCALL_RO f 0",
                             "SCRIPT LOAD x",
                             "SCRIPT FLUSH",
                             "FUNCTION LOAD x",
                             "FUNCTION FLUSH",
                             "FUNCTION DELETE x",
                             "FUNCTION RESTORE x",
                             "XREADGROUP GROUP g c STREAMS s >",
                             "XREAD BLOCK 0 STREAMS s $",
                             "XADD s * a b",
                             "XACK s g 1",
                             "XAUTOCLAIM s g c 0 0",
                             "BLPOP l 0",
                             "BRPOP l 0",
                             "LPOP l",
                             "SPOP s",
                             "BZPOPMIN z 0",
                             "KEYS *",
                             "MONITOR",
                             "PSYNC ? -1",
                             "SYNC",
                             "REPLCONF x",
                             "SUBSCRIBE c",
                             "PSUBSCRIBE *",
                             "SSUBSCRIBE c",
                             "PUBLISH c m",
                             "WAIT 1 0",
                             "DEBUG SLEEP 1",
                             "DEBUG OBJECT k",
                             "SHUTDOWN",
                             "BGSAVE",
                             "SAVE",
                             "BGREWRITEAOF",
                             "FAILOVER",
                             "REPLICAOF no one",
                             "SLAVEOF no one",
                             "SWAPDB 0 1",
                             "MIGRATE h 1 k 0 1",
                             "LOLWUT",
                             "WATCH k",
                             "CONFIG SET maxmemory 1",
                             "CONFIG REWRITE",
                             "CONFIG RESETSTAT",
                             "CONFIG",
                             "CLIENT",
                             "CLIENT KILL ID 1",
                             "CLIENT PAUSE 1",
                             "CLIENT UNPAUSE",
                             "CLIENT UNBLOCK 1",
                             "CLIENT NO-EVICT on",
                             "CLIENT REPLY OFF",
                             "CLIENT TRACKING on",
                             "ACL SETUSER u",
                             "ACL DELUSER u",
                             "ACL LOAD",
                             "ACL SAVE",
                             "ACL LIST",
                             "ACL LOG",
                             "ACL LOG RESET",
                             "SLOWLOG RESET",
                             "SLOWLOG",
                             "LATENCY RESET",
                             "MEMORY PURGE",
                             "MODULE LOAD x",
                             "MODULE UNLOAD x",
                             "CLUSTER RESET",
                             "CLUSTER FAILOVER",
                             "CLUSTER MEET h 1",
                             "CLUSTER SETSLOT 1 NODE x",
                             "OBJECT",
                             "OBJECT HELP",
                             "OBJECT FREQS k",
                             "MEMORY",
                             "COMMAND FLUSH",
                             "COMMAND \"\"",
                             "XINFO",
                             "GETT k",
                             "GE k",
                             "GET\\0 k",
                             "\"GET \" k",
                             "\"\"",
                             "\"\\xff\"",
                             "HGETEX h FIELDS 1 f",
                             "HGETDEL h FIELDS 1 f",
                             "CONFIG \"GET \" x",
                             "CONFIG GE x",
                             "COMMANDS"})
        EXPECT_EQ(asked(line), std::nullopt) << line;
    EXPECT_EQ(allowed_on_production({}), std::nullopt);
}

TEST(allowed_on_production, answers_for_every_row_of_its_table) {
    ASSERT_GT(allowed_commands().size(), 100u);
    std::set<std::pair<std::string_view, std::string_view>> names;
    for (const allowed_command& row : allowed_commands()) {
        EXPECT_TRUE(names.emplace(row.command, row.subcommand).second) << row.command << ' ' << row.subcommand;
        EXPECT_GE(row.since, 100) << row.command;
        std::vector<std::string_view> words{row.command};
        if (!row.subcommand.empty()) words.push_back(row.subcommand);
        EXPECT_EQ(allowed_on_production(words), row.use) << row.command << ' ' << row.subcommand;
        std::string lower(row.command);
        for (char& c : lower)
            c = static_cast<char>(std::tolower(c));
        words.front() = lower;
        EXPECT_EQ(allowed_on_production(words), row.use) << lower;
    }
}

TEST(allowed_on_production, every_use_has_a_name) {
    EXPECT_EQ(name_of(use::read), "read");
    EXPECT_EQ(name_of(use::session), "session");
    EXPECT_EQ(name_of(use::admin_read), "admin read");
}

}  // namespace
}  // namespace understudy::resp
