// store/rdb_source.h - the bytes of an RDB file, or of a pipe that one comes from.
#pragma once

#include <filesystem>

#include "base/error.h"
#include "rdb/byte_source.h"
#include "store/file.h"

namespace understudy::store {

class rdb_source final : public rdb::byte_source {
public:
    // "-" is standard input. Errors: bad_file for a folder, io for what cannot be opened.
    [[nodiscard]] static result<rdb_source> open(const std::filesystem::path& path);

    [[nodiscard]] result<std::size_t> read(std::span<char> into) override;
    [[nodiscard]] std::string name() const override { return path_.string(); }

private:
    rdb_source(unique_fd fd, std::filesystem::path path) : fd_(std::move(fd)), path_(std::move(path)) {}

    unique_fd fd_;
    std::filesystem::path path_;
};

}  // namespace understudy::store
