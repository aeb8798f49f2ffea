#include "net/primary.h"

#include "net/detail/sentinel.h"

namespace understudy::net {

result<server_address> named_primary(runtime& on, const redis_endpoint& of, deadline until) {
    if (!of.sentinels) return server_address{of.host, of.port};
    UNDERSTUDY_LET(found, detail::find_primary(on.engine(), of, until));
    return server_address{found.host, found.port};
}

}  // namespace understudy::net
