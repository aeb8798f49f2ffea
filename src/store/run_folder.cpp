#include "store/run_folder.h"

#include <cerrno>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <sys/stat.h>

#include "store/file.h"

namespace understudy::store {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t longest_name = 80;

std::string plain(std::string_view name) {
    std::string out(name.substr(0, longest_name));
    for (char& c : out) {
        const bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                          c == '_' || c == '.';
        if (!fine) c = '-';
    }
    return out;
}

// "2026-11-23T23:14:07.123Z" → "20261123T231407Z"
std::string stamp(wall_time at) {
    std::string out;
    for (const char c : show(at).substr(0, 19))
        if (c != '-' && c != ':') out += c;
    return out + "Z";
}

}  // namespace

result<run_folder> run_folder::create(const fs::path& root, std::string_view name, wall_time at) {
    UNDERSTUDY_TRY(make_folder(root, 0755));
    const std::string base = stamp(at) + "-" + plain(name);
    for (int number = 1; number <= 1000; ++number) {
        fs::path path = root / (number == 1 ? base : fmt::format("{}-{}", base, number));
        if (::mkdir(path.c_str(), 0755) == 0) {
            UNDERSTUDY_TRY(sync_folder(root));
            return run_folder(std::move(path));
        }
        if (errno != EEXIST) return std::unexpected(file_error(errno, "make the folder", path));
    }
    return fail(errc::io, fmt::format("a thousand runs named {} are there already", base), root.string());
}

result<fs::path> run_folder::place(std::string_view file) const {
    const fs::path relative(file);
    if (file.empty() || relative.is_absolute() || !relative.has_filename())
        return fail(errc::internal, "expected a file name inside the run folder");
    for (const fs::path& part : relative)
        if (part == ".." || part == ".") return fail(errc::internal, "expected a file name inside the run folder");
    fs::path path = path_ / relative;
    UNDERSTUDY_TRY(make_folder(path.parent_path(), 0755));
    return path;
}

status run_folder::write(std::string_view file, std::string_view bytes) const {
    UNDERSTUDY_LET(path, place(file));
    return write_file(path, bytes, 0644);
}

status run_folder::write_executable(std::string_view file, std::string_view bytes) const {
    UNDERSTUDY_LET(path, place(file));
    return write_file(path, bytes, 0755);
}

status run_folder::append_line(std::string_view file, std::string_view line) const {
    UNDERSTUDY_LET(path, place(file));
    return append_file(path, std::string(line) + "\n", 0644);
}

}  // namespace understudy::store
