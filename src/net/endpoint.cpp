#include "net/endpoint.h"

namespace understudy::net {

std::string redis_endpoint::text() const {
    std::string shown;
    if (sentinels) {
        shown = sentinels->master + " of sentinels";
        for (const auto& one : sentinels->at)
            shown += (&one == sentinels->at.data() ? " " : ", ") + one.host + ":" + std::to_string(one.port);
    } else if (!unix_path.empty()) {
        shown = "unix:" + unix_path;
    } else {
        const bool bare_ipv6 = host.find(':') != std::string::npos;
        shown = (bare_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
    }
    return database == 0 ? shown : shown + "/" + std::to_string(database);
}

}  // namespace understudy::net
