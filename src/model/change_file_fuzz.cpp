// Any bytes as a change file of one small project: read, or refused with a place in the file.
#include <cstdint>
#include <cstdlib>

#include "model/json.h"
#include "model/project_file.h"

namespace {

using namespace understudy;

const model::project& shop() {
    static const model::project read = model::read_project(R"(format = 1
[environments.staging]
role = "staging"
url = "http://h"
redis = { host = "h" }
[environments.staging.identities.ada]
cookie = "${C}"
logged_in_when = { path = "/a" }
[environments.staging.commands.deploy]
run = ["d", "{revision}"]
arguments = { revision = "[0-9]{1,4}" }
[environments.staging.commands.rollback]
run = ["r"]
[routes.home]
path = "/"
[routes.category]
path = "/c/{slug}/"
inputs = [{ slug = "x" }]
as = ["anonymous", "ada"]
)",
                                                           "/f/understudy.toml")
                                           .value();
    return read;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto read = model::read_change(text, "/f/change.toml", shop());
    if (!read && !read.error().where.starts_with("/f/change.toml")) std::abort();
    if (!read) return 0;
    int primary = 0;
    for (const auto& one : read->expect)
        primary += one.primary ? 1 : 0;
    if (primary != 1 || read->owner.empty() || model::to_json(*read).empty()) std::abort();
    return 0;
}
