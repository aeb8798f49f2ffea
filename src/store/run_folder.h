// store/run_folder.h - the folder of one run: evidence as it is written, report, runbook and its scripts.
//
// Holds no user's value, so it has the usual modes and may be committed. Every write is whole or not at all; a full
// disk is errc::disk_full and leaves the files that were there.
#pragma once

#include <filesystem>
#include <string_view>

#include "base/error.h"
#include "base/units.h"

namespace understudy::store {

class run_folder {
public:
    // Makes <root>/<UTC stamp>-<name>, "20261123T231407Z-cached-category"; "-2", "-3" … where that is taken. Characters
    // of `name` other than letters, digits, "-", "_" and "." become "-".
    [[nodiscard]] static result<run_folder> create(const std::filesystem::path& root, std::string_view name,
                                                   wall_time at);
    [[nodiscard]] static result<run_folder> create(const std::filesystem::path& root, std::string_view name) {
        return create(root, name, now());
    }

    // `file` is a plain name or a relative path without ".."; folders on the way are made. Else errc::internal.
    [[nodiscard]] status write(std::string_view file, std::string_view bytes) const;
    // The same with mode 0755.
    [[nodiscard]] status write_executable(std::string_view file, std::string_view bytes) const;
    // Adds `line` and a line feed, synced. After a crash or a full disk the last line may be a part.
    [[nodiscard]] status append_line(std::string_view file, std::string_view line) const;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    explicit run_folder(std::filesystem::path path) : path_(std::move(path)) {}
    [[nodiscard]] result<std::filesystem::path> place(std::string_view file) const;

    std::filesystem::path path_;
};

}  // namespace understudy::store
