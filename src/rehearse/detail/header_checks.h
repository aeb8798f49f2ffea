// rehearse/detail/header_checks.h - the first line of the checklist: what is cached, for whom, for how long, by which
// headers.
#pragma once

#include "rehearse/detail/check_list.h"

namespace understudy::rehearse::detail {

// The checks of one route, added to the list.
void check_headers(const environment_looks& seen, const route_looks& route, check_list& into);

}  // namespace understudy::rehearse::detail
