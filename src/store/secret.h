// store/secret.h - turns a reference to a secret into the secret, at the moment it is needed.
//
// A missing or empty one is errc::secret_missing, naming the variable or the file and never a value.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "model/environment.h"

namespace understudy::store {

// Empty for a reference that was not given. Of a file the first line counts; it may have 64 KB at most.
[[nodiscard]] result<std::string> reveal(const model::secret_ref&);

// Every secret of an environment that can be had now, to be replaced wherever output is kept: those that it names, the
// last word of a login header (the token of "Bearer TOKEN"), and what its commands are given of variables whose names
// say PASSWORD, SECRET, TOKEN, KEY or CREDENTIAL.
[[nodiscard]] std::vector<std::string> known_secrets(const model::environment&);

}  // namespace understudy::store
