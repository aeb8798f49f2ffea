// Any bytes as a backup, strictly and as an incomplete one: no crash, and the strict reading gives a beginning of what
// the other gives. To get past the checks, bytes after a first 'P' are taken as the body of an entry.
#include <cstdint>
#include <cstdlib>

#include <sys/mman.h>
#include <unistd.h>

#include "store/backup.h"
#include "store/detail/backup_format.h"

using namespace understudy::store;

namespace {

std::size_t read_all(std::string_view bytes, bool allow_incomplete) {
    const int fd = ::memfd_create("backup", MFD_CLOEXEC);
    if (fd < 0 || ::write(fd, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) std::abort();
    ::lseek(fd, 0, SEEK_SET);
    backup_read_options options;
    options.allow_incomplete = allow_incomplete;
    auto reader = backup_reader::open_fd(fd, options);
    if (!reader) return 0;
    std::size_t count = 0;
    for (;;) {
        const auto next = reader->next();
        if (!next || !*next) break;
        ++count;
    }
    if (reader->complete() && reader->summary().entries != count) std::abort();
    return count;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    if (bytes.starts_with('P')) {
        const auto entry = detail::decode_entry(bytes.substr(1));
        if (entry && detail::encode_entry(*entry) != bytes.substr(1)) std::abort();
        (void)detail::decode_trailer(bytes.substr(1));
        return 0;
    }
    if (read_all(bytes, false) != read_all(bytes, true)) std::abort();
    return 0;
}
