// snapshot/parameter_file.h - a server's settings from a file, where the server itself keeps CONFIG back: a redis.conf,
// or what a cloud exports of its parameters. Pure.
//
//   {"Parameters": [{"ParameterName": .., "ParameterValue": ..}]}   aws elasticache describe-cache-parameters
//   {"redisConfigs": {name: value}}                                 gcloud redis instances describe --format=json
//   {"redisConfiguration": {name: value}}                           az redis show
//   {name: value}                                                   a plain object
//   anything else                                                   redis.conf, line by line (settings_text.h)
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/error.h"

namespace understudy::snapshot {

// Settings that are secrets are left out. errc::bad_file where it begins like JSON and is none, or holds no setting.
[[nodiscard]] result<std::map<std::string, std::string>> parameters_in(std::string_view text);

}  // namespace understudy::snapshot
