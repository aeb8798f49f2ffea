#include "database/statement_text.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

namespace understudy::database {
namespace {

constexpr auto pg = dialect::postgresql;
constexpr auto my = dialect::mysql;

TEST(statement_text, values_become_question_marks) {
    EXPECT_EQ(shown_statement("SELECT a FROM b WHERE c = 'x' AND d = 12", pg), "SELECT a FROM b WHERE c = ? AND d = ?");
    EXPECT_EQ(shown_statement("SELECT a1 FROM t2 WHERE c = $1 LIMIT $2", pg), "SELECT a1 FROM t2 WHERE c = ? LIMIT ?");
    EXPECT_EQ(shown_statement("SELECT -1.5e-3, 0xff, .5", my), "SELECT -?, ...");
    EXPECT_EQ(shown_statement("DO $body$ it's 'secret' $body$", pg), "DO ?");
    EXPECT_EQ(shown_statement("SELECT E'a\\'secret' || B'01' || U&'x'", pg), "SELECT ? || ? || U&?");
    EXPECT_EQ(shown_statement("CREATE USER a PASSWORD 'it''s'", pg), "CREATE USER a PASSWORD ?");
    EXPECT_EQ(shown_statement("SELECT \"secret\", 'a\\'b', `a``b`", my), "SELECT ?, ..., `a``b`");
}

TEST(statement_text, identifiers_stay) {
    EXPECT_EQ(shown_statement(R"(SELECT "b"."Some ""x""" FROM "b")", pg), R"(SELECT "b"."Some ""x""" FROM "b")");
    EXPECT_EQ(shown_statement("SELECT `b`.`c` FROM `b`", my), "SELECT `b`.`c` FROM `b`");
    EXPECT_EQ(shown_statement("SELECT a$1b, $ FROM c", pg), "SELECT a$1b, $ FROM c");
}

TEST(statement_text, lists_become_short) {
    EXPECT_EQ(shown_statement("SELECT a FROM b WHERE c IN ($1, $2,$3 , $4)", pg),
              "SELECT a FROM b WHERE c IN (?, ...)");
    EXPECT_EQ(shown_statement("VALUES (1, 2), (3, 4)", my), "VALUES (?, ...), (?, ...)");
}

TEST(statement_text, comments_vanish) {
    EXPECT_EQ(shown_statement("/* route='/a' /* nested */ x */SELECT 1 -- secret\nFROM a", pg), "SELECT ? FROM a");
    EXPECT_EQ(shown_statement("SELECT 1 # secret\nFROM a /*! b */", my), "SELECT ? FROM a");
    EXPECT_EQ(shown_statement("SELECT a #> b", pg), "SELECT a #> b");
}

TEST(statement_text, what_is_open_reaches_to_the_end) {
    EXPECT_EQ(shown_statement("SELECT 'secret", pg), "SELECT ?");
    EXPECT_EQ(shown_statement("SELECT $a$ secret", pg), "SELECT ?");
    EXPECT_EQ(shown_statement("SELECT 1 /* secret", pg), "SELECT ?");
    EXPECT_EQ(shown_statement("SELECT 'a\\", my), "SELECT ?");
    EXPECT_EQ(shown_statement("", pg), "");
    EXPECT_EQ(shown_statement("/*", pg), "");
}

TEST(statement_text, is_cut_between_characters) {
    std::string umlauts = "SELECT ";
    for (int i = 0; i < 1000; ++i)
        umlauts += "\xc3\xa4";
    for (const auto* front : {"", " a", "/**/ ab"}) {
        const auto shown = shown_statement(front + umlauts, pg);
        EXPECT_LE(shown.size(), max_statement_text);
        EXPECT_TRUE(shown.ends_with("\xc3\xa4...")) << shown.substr(shown.size() - 8);
    }
}

// Wherever a statement is cut, nothing of a literal shows.
TEST(statement_text, every_cut_hides_the_literal) {
    const std::string sql =
        "/* x */ SELECT E'secret', 'secret', $q$secret$q$, \"n\" FROM a WHERE b = 'secret' -- secret";
    for (std::size_t size = 0; size <= sql.size(); ++size)
        for (const auto spoken : {pg, my}) {
            if (spoken == my && size > sql.find("$q$")) break;  // which MySQL does not know
            EXPECT_EQ(shown_statement(sql.substr(0, size), spoken).find("secr"), std::string::npos) << size;
        }
}

TEST(statement_text, what_steers_the_session_asks_for_nothing) {
    for (const auto* text : {"BEGIN", "begin;", "/* a */ COMMIT", "SET search_path = a", "SAVEPOINT \"s1\"",
                             "ROLLBACK TO SAVEPOINT s1", "RELEASE SAVEPOINT s1", "START TRANSACTION", "SHOW timezone",
                             "FETCH 100 FROM c", "DEALLOCATE ALL", "", "-- x"})
        EXPECT_FALSE(asks_for_data(text, pg)) << text;
    for (const auto* text :
         {"SELECT 1", "(SELECT 1) UNION (SELECT 2)", "insert into a values (1)", "WITH a AS (SELECT 1)",
          "COPY a FROM STDIN", "DECLARE c CURSOR FOR SELECT 1", "CALL f()", "Settle"})
        EXPECT_TRUE(asks_for_data(text, pg)) << text;
}

TEST(statement_text, corpus) {
    int files = 0;
    for (const auto& one :
         std::filesystem::directory_iterator(UNDERSTUDY_SOURCE_DIR "/corpus/database/statement_text")) {
        std::ifstream in(one.path(), std::ios::binary);
        std::stringstream text;
        text << in.rdbuf();
        for (const auto spoken : {pg, my})
            EXPECT_EQ(shown_statement(text.str(), spoken).find('\''), std::string::npos) << one.path();
        ++files;
    }
    EXPECT_GE(files, 3);
}

}  // namespace
}  // namespace understudy::database
