#include "rehearse/repository.h"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>

#include "exec/command.h"

namespace understudy::rehearse {

namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds patience{10};

std::string first_line(const std::string& text) {
    return text.substr(0, text.find('\n'));
}

// What git said, fit for a sentence of ours.
std::string said(const std::string& output) {
    std::string out = first_line(output).substr(0, 200);
    for (char& c : out)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    return out.empty() ? "nothing" : out;
}

bool is_hash(const std::string& text) {
    return text.size() >= 40 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

class repository {
public:
    explicit repository(const fs::path& folder) : folder_(folder) {}

    // Output of a question that was answered; else the reason stands in why().
    std::optional<std::string> ask(std::vector<std::string> words) {
        exec::command_line line;
        line.argv = {"git",
                     "-C",
                     folder_.string(),
                     "-c",
                     "core.fsmonitor=false",
                     "-c",
                     "core.hooksPath=/dev/null",
                     "-c",
                     "core.quotePath=true"};
        line.argv.insert(line.argv.end(), words.begin(), words.end());
        line.environment = {{"LC_ALL", "C"}, {"GIT_OPTIONAL_LOCKS", "0"}, {"GIT_TERMINAL_PROMPT", "0"}};
        for (const char* name : {"PATH", "HOME", "XDG_CONFIG_HOME"})
            if (const char* value = std::getenv(name)) line.environment.emplace_back(name, value);
        line.timeout = patience;
        const auto done = exec::run(line, [](const exec::group_id&) -> status { return {}; });
        if (!done)
            why_ = done.error().code == errc::command_failed ? "git is not to be had here" : done.error().what;
        else if (done->timed_out)
            why_ = fmt::format("git took longer than {} s", patience.count());
        else if (done->output.find("not a git repository") != std::string::npos && done->exit_code != 0)
            why_ = "the change file lies in no git repository";
        else if (done->output.find("dubious ownership") != std::string::npos && done->exit_code != 0)
            why_ = "the repository is another user's, and git's safe.directory does not name it";
        else if (done->exit_code != 0)
            why_ = "git says: " + said(done->output);
        else
            return done->output;
        return std::nullopt;
    }
    [[nodiscard]] const std::string& why() const { return why_; }

private:
    fs::path folder_;
    std::string why_;
};

bool lies_in(const fs::path& path, const fs::path& folder) {
    const auto relative = path.lexically_relative(folder);
    return !relative.empty() && *relative.begin() != ".." && relative != ".";
}

// Lines of changed, unmerged and untracked files (git-status(1), porcelain format version 2). Warnings may stand among
// them, for a command's errors come with its output.
bool tells_of_a_change(const std::string& status) {
    for (std::size_t at = 0; at < status.size();) {
        const auto end = std::min(status.find('\n', at), status.size());
        const auto line = std::string_view(status).substr(at, end - at);
        if (line.size() > 2 && line[1] == ' ' && std::string_view("12u?").find(line[0]) != std::string_view::npos)
            return true;
        at = end + 1;
    }
    return false;
}

// Where the branch left origin/HEAD; on that branch itself, or without one, the commit before; of a first commit the
// empty tree.
std::string base_of(repository& git, const std::string& commit) {
    const auto hash_of = [](const std::optional<std::string>& said) {
        return said ? first_line(*said) : std::string();
    };
    if (const auto fork = hash_of(git.ask({"merge-base", "HEAD", "refs/remotes/origin/HEAD"}));
        is_hash(fork) && fork != commit)
        return fork;
    if (const auto parent = hash_of(git.ask({"rev-parse", "--verify", "--quiet", "HEAD^1"})); is_hash(parent))
        return parent;
    const auto empty = hash_of(git.ask({"hash-object", "-t", "tree", "/dev/null"}));
    return is_hash(empty) ? empty : std::string();
}

void read_files(repository& git, const std::string& base, const std::vector<std::string>& where,
                model::git_state& out) {
    std::vector<std::string> words{"diff", "--no-ext-diff", "--no-renames", "--ignore-submodules=dirty", "--name-only",
                                   base};
    words.insert(words.end(), where.begin(), where.end());
    const auto names = git.ask(words);
    if (!names) return;
    out.compared_with = base;
    for (std::size_t at = 0; at < names->size();) {
        const auto end = std::min(names->find('\n', at), names->size());
        if (out.files.size() < model::git_state::most_files)
            out.files.push_back(names->substr(at, end - at));
        else
            ++out.more_files;
        at = end + 1;
    }
}

}  // namespace

model::git_state look_at_repository(const fs::path& folder, const fs::path& ours) {
    model::git_state out;
    repository git(folder);
    const auto top = git.ask({"rev-parse", "--show-toplevel"});
    if (!top) {
        out.unknown = git.why();
        return out;
    }
    const auto commit = git.ask({"rev-parse", "--verify", "--quiet", "HEAD"});
    const auto hash = commit ? first_line(*commit) : std::string();
    if (!is_hash(hash)) {
        out.unknown = "the repository has no commit yet";
        return out;
    }
    out.commit = hash;
    if (const auto branch = git.ask({"symbolic-ref", "--quiet", "--short", "HEAD"})) out.branch = first_line(*branch);
    std::vector<std::string> words{"status", "--porcelain=v2", "--untracked-files=normal", "--ignore-submodules=dirty"};
    std::error_code wrong;
    const auto own = fs::weakly_canonical(ours, wrong);
    const fs::path root = first_line(*top);
    if (!wrong && lies_in(own, root))
        words.insert(words.end(), {"--", ":(top)", ":(top,exclude,literal)" + own.lexically_relative(root).string()});
    if (const auto status = git.ask(words))
        out.clean = !tells_of_a_change(*status);
    else
        out.unknown = git.why();
    if (const auto base = base_of(git, out.commit); !base.empty())
        read_files(git, base, {words.begin() + 4, words.end()}, out);
    return out;
}

}  // namespace understudy::rehearse
