#include "store/history.h"

#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include "model/json.h"
#include "store/file.h"
#include "store/file_lock.h"

namespace understudy::store {

namespace fs = std::filesystem;

namespace {

constexpr int schema_version = 2;
constexpr int application_id = 0x55445354;  // "UDST", so that file(1) and we know whose it is
constexpr int patience_ms = 5000;
constexpr int most_bytes = 16 << 20;  // of one value

constexpr const char* schema = R"(
CREATE TABLE rehearsals (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  change TEXT NOT NULL,
  change_digest TEXT NOT NULL,
  owner TEXT NOT NULL,
  reason TEXT NOT NULL,
  route TEXT NOT NULL,
  verdict TEXT NOT NULL,
  why TEXT NOT NULL,
  standing TEXT NOT NULL,
  commit_hash TEXT NOT NULL,
  folder TEXT NOT NULL
);
CREATE INDEX rehearsals_of_a_change ON rehearsals (change, number);
CREATE TABLE acts (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL REFERENCES rehearsals (id) ON DELETE CASCADE,
  act TEXT NOT NULL,
  at TEXT NOT NULL,
  environment TEXT NOT NULL,
  exit_code INTEGER NOT NULL
);
CREATE INDEX acts_of_a_rehearsal ON acts (id, number);
)";

constexpr std::string_view columns =
    "id, change, change_digest, owner, reason, route, verdict, why, standing, commit_hash, folder";

bool is_damage(int code) {
    return (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB;
}

// A word of an enum, or its first value where a hand wrote something else into the file.
template <class E>
E from_word_or_first(std::string_view word, std::initializer_list<E> all) {
    for (const auto one : all)
        if (model::word(one) == word) return one;
    return *all.begin();
}

model::standing standing_of(std::string_view word) {
    using enum model::standing;
    return from_word_or_first(word, {rehearsed, applied, rolled_back, superseded, open});
}

model::act act_of(std::string_view word) {
    using enum model::act;
    return from_word_or_first(word, {rehearse, apply, rollback, purge, sync});
}

// The file exists and is ours alone before SQLite opens it; its journal takes the same mode from it.
status make_file(const fs::path& path) {
    const unique_fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file.is_open()) return std::unexpected(file_error(errno, "open", path));
    if (::fchmod(file.get(), 0600) != 0) return std::unexpected(file_error(errno, "set the mode of", path));
    return {};
}

}  // namespace

struct history::database {
    fs::path path;
    sqlite3* handle = nullptr;

    database() = default;
    database(const database&) = delete;
    database& operator=(const database&) = delete;
    ~database() { sqlite3_close(handle); }

    [[nodiscard]] std::unexpected<error> wrong(std::string_view doing) const {
        const int code = sqlite3_errcode(handle) & 0xff;
        const auto of = code == SQLITE_FULL                            ? errc::disk_full
                        : code == SQLITE_BUSY || code == SQLITE_LOCKED ? errc::locked
                        : is_damage(code)                              ? errc::bad_file
                                                                       : errc::io;
        return fail(of, fmt::format("cannot {} the history: {}", doing, sqlite3_errmsg(handle)), path.string(), true);
    }
    [[nodiscard]] status run(const char* sql, std::string_view doing) const {
        if (sqlite3_exec(handle, sql, nullptr, nullptr, nullptr) != SQLITE_OK) return wrong(doing);
        return {};
    }
    [[nodiscard]] result<std::int64_t> number_of(const char* sql) const;
    // Checks what was found, and makes the tables where nothing was. errc::bad_file: to be set aside.
    [[nodiscard]] status make_ready() const;
    [[nodiscard]] status make_tables() const;
    [[nodiscard]] status leave_version_1() const;
};

namespace {

// A statement with its parameters, by position.
class statement {
public:
    statement(sqlite3* handle, std::string_view sql) {
        sqlite3_prepare_v2(handle, sql.data(), static_cast<int>(sql.size()), &prepared_, nullptr);
    }
    ~statement() { sqlite3_finalize(prepared_); }
    statement(const statement&) = delete;
    statement& operator=(const statement&) = delete;

    statement& bind(std::string_view text) {
        sqlite3_bind_text64(prepared_, ++bound_, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
        return *this;
    }
    statement& bind(std::integral auto number) {
        sqlite3_bind_int64(prepared_, ++bound_, number);
        return *this;
    }
    // SQLITE_ROW, SQLITE_DONE, or an error; of a statement that could not be prepared, always an error.
    int step() { return prepared_ ? sqlite3_step(prepared_) : SQLITE_ERROR; }
    [[nodiscard]] std::string text(int column) const {
        const auto* bytes = sqlite3_column_text(prepared_, column);
        const auto size = static_cast<std::size_t>(sqlite3_column_bytes(prepared_, column));
        return bytes ? std::string(reinterpret_cast<const char*>(bytes), size) : std::string();
    }
    [[nodiscard]] std::int64_t number(int column) const { return sqlite3_column_int64(prepared_, column); }

private:
    sqlite3_stmt* prepared_ = nullptr;
    int bound_ = 0;
};

model::history_entry entry_of(const statement& row) {
    model::history_entry out;
    int column = 0;
    for (auto* field :
         {&out.id, &out.change, &out.change_digest, &out.owner, &out.reason, &out.route, &out.verdict, &out.why})
        *field = row.text(column++);
    out.standing = standing_of(row.text(column++));
    for (auto* field : {&out.commit, &out.folder})
        *field = row.text(column++);
    return out;
}

}  // namespace

result<std::int64_t> history::database::number_of(const char* sql) const {
    statement asked(handle, sql);
    if (asked.step() != SQLITE_ROW) return wrong("read");
    return asked.number(0);
}

status history::database::make_ready() const {
    {
        // Ended here: a reader that is still open when tables are made is not made to wait for a writer, but refused.
        statement check(handle, "PRAGMA quick_check(1)");
        if (check.step() != SQLITE_ROW) return wrong("read");
        if (check.text(0) != "ok") return fail(errc::bad_file, "the history is damaged", path.string(), true);
    }
    UNDERSTUDY_LET(version, number_of("PRAGMA user_version"));
    UNDERSTUDY_LET(whose, number_of("PRAGMA application_id"));
    UNDERSTUDY_LET(tables, number_of("SELECT count(*) FROM sqlite_schema"));
    const bool fresh = version == 0 && whose == 0 && tables == 0;
    if (!fresh && whose != application_id)
        return fail(errc::bad_file, "the history is a file of another program", path.string(), true);
    if (version > schema_version)
        return fail(errc::newer_format,
                    fmt::format("the history is of version {}, newer than what this program knows ({}); update the "
                                "program",
                                version, schema_version),
                    path.string(), true);
    UNDERSTUDY_TRY(run("PRAGMA foreign_keys = ON", "open"));
    if (fresh) return make_tables();
    return version == 1 ? leave_version_1() : status{};
}

status history::database::make_tables() const {
    // Most of the tables hold some hundred bytes: with pages of 4096 the empty file would have 40 KB.
    UNDERSTUDY_TRY(run("PRAGMA page_size = 1024", "begin"));
    UNDERSTUDY_TRY(run("BEGIN IMMEDIATE", "begin"));
    // Another process may have made them while we waited.
    const auto version = number_of("PRAGMA user_version");
    status done;
    if (version && *version == 0)
        done = run(fmt::format("{} PRAGMA application_id = {}; PRAGMA user_version = {};", schema, application_id,
                               schema_version)
                       .c_str(),
                   "begin");
    if (done) done = run("COMMIT", "begin");
    if (!done) (void)run("ROLLBACK", "begin");
    return done;
}

status history::database::leave_version_1() const {
    UNDERSTUDY_TRY(run("BEGIN IMMEDIATE", "change"));
    // As with the tables: another process may have done it.
    const auto version = number_of("PRAGMA user_version");
    status done;
    if (version && *version == 1)
        done =
            run(fmt::format(
                    "DROP INDEX IF EXISTS rehearsals_by_evidence; ALTER TABLE rehearsals DROP COLUMN evidence_digest; "
                    "PRAGMA user_version = {};",
                    schema_version)
                    .c_str(),
                "change");
    if (done) done = run("COMMIT", "change");
    if (!done) (void)run("ROLLBACK", "change");
    return done;
}

namespace {

result<fs::path> move_aside(const fs::path& path) {
    std::string stamp = show(now());
    std::erase_if(stamp, [](char c) { return c == '-' || c == ':' || c == '.'; });
    fs::path aside = path;
    aside += ".damaged-" + stamp;
    std::error_code wrong;
    fs::rename(path, aside, wrong);
    if (wrong) return fail(errc::io, "cannot set the damaged history aside: " + wrong.message(), path.string(), true);
    // Its journal would be played back into the new file.
    fs::path journal = path;
    journal += "-journal";
    fs::path journal_aside = aside;
    journal_aside += "-journal";
    fs::rename(journal, journal_aside, wrong);
    return aside;
}

}  // namespace

history::history(std::unique_ptr<database> opened) : database_(std::move(opened)) {}
history::history(history&&) noexcept = default;
history& history::operator=(history&&) noexcept = default;
history::~history() = default;

result<history> history::open(const state_folder& state) {
    const auto path = state.root / "history.db";
    fs::path aside;
    std::optional<file_lock> lock;
    // A damaged file is looked at again under a lock, for another process may have moved it meanwhile, and once more
    // when it is out of the way.
    for (int look = 1; look <= 3; ++look) {
        UNDERSTUDY_TRY(make_file(path));
        auto opened = std::make_unique<database>();
        opened->path = path;
        if (sqlite3_open_v2(path.c_str(), &opened->handle, SQLITE_OPEN_READWRITE, nullptr) != SQLITE_OK)
            return opened->wrong("open");
        sqlite3_busy_timeout(opened->handle, patience_ms);
        sqlite3_limit(opened->handle, SQLITE_LIMIT_LENGTH, most_bytes);
        // What stands in the file is not trusted to call functions.
        sqlite3_db_config(opened->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
        sqlite3_db_config(opened->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
        const auto ready = opened->make_ready();
        if (ready) {
            history out(std::move(opened));
            out.set_aside_ = aside;
            return out;
        }
        if (ready.error().code != errc::bad_file || look == 3) return std::unexpected(ready.error());
        opened.reset();
        if (look == 1) {
            UNDERSTUDY_LET(held, file_lock::acquire(state.locks() / "history.lock", "sets a damaged history aside"));
            lock = std::move(held);
        } else {
            UNDERSTUDY_LET(moved, move_aside(path));
            aside = moved;
        }
    }
    return fail(errc::internal, "the history was opened neither at once nor again");
}

status history::in_transaction(const std::function<status()>& work) {
    UNDERSTUDY_TRY(database_->run("BEGIN IMMEDIATE", "write"));
    auto done = work();
    if (done) done = database_->run("COMMIT", "write");
    if (!done) (void)database_->run("ROLLBACK", "write");
    return done;
}

status history::add_act(const std::string& id, const model::history_act& act) {
    statement add(database_->handle, "INSERT INTO acts (id, act, at, environment, exit_code) VALUES (?, ?, ?, ?, ?)");
    add.bind(id).bind(model::word(act.what)).bind(show(act.at)).bind(act.environment).bind(act.exit_code);
    if (add.step() != SQLITE_DONE) return database_->wrong("write");
    return {};
}

// Of the change of the rehearsal `id`, all others that stand at `was`. A purge and a sync, which have no change file,
// are none, whatever a change file is called.
status history::supersede(const std::string& id, model::standing was) {
    statement old(
        database_->handle,
        "UPDATE rehearsals SET standing = ? WHERE standing = ? AND id <> ? AND change_digest <> '' AND change = "
        "(SELECT change FROM rehearsals WHERE id = ?)");
    old.bind(model::word(model::standing::superseded)).bind(model::word(was)).bind(id).bind(id);
    if (old.step() != SQLITE_DONE) return database_->wrong("write");
    return {};
}

status history::rehearsed(const model::history_entry& entry) {
    return in_transaction([&]() -> status {
        statement gone(database_->handle, "DELETE FROM rehearsals WHERE id = ?");
        gone.bind(entry.id);
        if (gone.step() != SQLITE_DONE) return database_->wrong("write");
        statement add(database_->handle,
                      fmt::format("INSERT INTO rehearsals ({}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", columns));
        for (const auto* field : {&entry.id, &entry.change, &entry.change_digest, &entry.owner, &entry.reason,
                                  &entry.route, &entry.verdict, &entry.why})
            add.bind(*field);
        add.bind(model::word(entry.standing));
        for (const auto* field : {&entry.commit, &entry.folder})
            add.bind(*field);
        if (add.step() != SQLITE_DONE) return database_->wrong("write");
        for (const auto& act : entry.acts)
            UNDERSTUDY_TRY(add_act(entry.id, act));
        // One that died says nothing of the change, so what was rehearsed before still stands.
        if (entry.standing != model::standing::rehearsed) return {};
        return supersede(entry.id, model::standing::rehearsed);
    });
}

status history::acted(const std::string& id, const model::history_act& act, model::standing now) {
    return in_transaction([&]() -> status {
        statement change(database_->handle, "UPDATE rehearsals SET standing = ? WHERE id = ?");
        change.bind(model::word(now)).bind(id);
        if (change.step() != SQLITE_DONE) return database_->wrong("write");
        if (sqlite3_changes(database_->handle) == 0)
            return fail(errc::unknown_name, "the history knows no such rehearsal", id.substr(0, 128), true);
        UNDERSTUDY_TRY(add_act(id, act));
        if (now != model::standing::applied) return {};
        return supersede(id, model::standing::applied);
    });
}

result<std::vector<model::history_entry>> history::select(const std::string& where, const std::string& value,
                                                          std::size_t limit) {
    statement rows(database_->handle,
                   fmt::format("SELECT {} FROM rehearsals {} ORDER BY number DESC LIMIT ?", columns, where));
    if (!where.empty()) rows.bind(value);
    rows.bind(limit == 0 ? -1 : static_cast<std::int64_t>(limit));
    std::vector<model::history_entry> out;
    int code = rows.step();
    for (; code == SQLITE_ROW; code = rows.step())
        out.push_back(entry_of(rows));
    if (code != SQLITE_DONE) return database_->wrong("read");
    for (auto& entry : out) {
        statement acts(database_->handle,
                       "SELECT act, at, environment, exit_code FROM acts WHERE id = ? ORDER BY number");
        acts.bind(entry.id);
        for (code = acts.step(); code == SQLITE_ROW; code = acts.step())
            entry.acts.push_back({act_of(acts.text(0)), parse_time(acts.text(1)).value_or(wall_time{}), acts.text(2),
                                  static_cast<int>(acts.number(3))});
        if (code != SQLITE_DONE) return database_->wrong("read");
    }
    return out;
}

result<std::vector<model::history_entry>> history::list(const history_filter& filter) {
    return select(filter.change.empty() ? "" : "WHERE change = ?", filter.change, filter.limit);
}

result<std::optional<model::history_entry>> history::find(const std::string& id) {
    UNDERSTUDY_LET(all, select("WHERE id = ?", id, 1));
    return all.empty() ? std::nullopt : std::optional(std::move(all.front()));
}

}  // namespace understudy::store
