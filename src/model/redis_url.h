// model/redis_url.h - where a Redis server is, as one line.
//
//   redis://[USER[:${NAME}]@]HOST[:PORT][/DATABASE]     plain text
//   rediss://...                                        the same under TLS
//   unix://[USER[:${NAME}]@]PATH[?db=DATABASE]          a Unix socket
//
// `?db=` is taken in the others too. A password may only be named: a literal one is errc::config_literal_secret. User
// and path may be percent-encoded. 2048 bytes at most.
//
// Source: IANA's registration of the schemes redis and rediss; unix:// as redis-py and its kin write it.
#pragma once

#include <string_view>

#include "base/error.h"
#include "model/environment.h"

namespace understudy::model {

// Errors: config_literal_secret, config_bad_value; their text says what was expected and quotes nothing of the URL. The
// path of a Unix socket stays as it was given, a relative one too.
[[nodiscard]] result<redis_address> parse_redis_url(std::string_view url);

}  // namespace understudy::model
