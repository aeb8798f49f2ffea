#include "http/storing.h"

namespace understudy::http {

namespace {

bool said_not_kept(const cache_report& of) {
    return of.nearest()->stored == false || of.stored == false;
}

bool said_kept(const cache_report& of) {
    return of.nearest()->stored == true || of.stored == true;
}

storing_verdict missed_again(const cache_report& first, const cache_report& second) {
    if (second.age.value_or(0) > first.age.value_or(0))
        return {storing::unknown, "it missed again, and yet Age says that a cache further in kept a copy"};
    if (said_kept(first)) return {storing::not_stored, "it said that it stored the answer, and missed again"};
    if (first.nearest()->detail == "miss-or-pass")
        return {storing::not_stored, "it missed again: not stored, or passed by, which this cache calls the same"};
    return {storing::not_stored, "it missed again"};
}

}  // namespace

storing_verdict judge_storing(const cache_report& first, const cache_report& second) {
    if (first.result() != cache_result::miss) return {storing::unknown, "the first request was not missed"};
    const auto then = second.result();
    if (then == cache_result::unknown) return {storing::unknown, "the second answer tells no status"};
    if (first.nearest()->source != second.nearest()->source || first.nearest()->cache != second.nearest()->cache)
        return {storing::unknown, "two different caches answered"};
    if (then == cache_result::hit || then == cache_result::stale)
        return {storing::stored, "the second request was answered from the cache"};
    if (said_not_kept(first)) return {storing::not_stored, "the cache said so"};
    if (then == cache_result::bypass) return {storing::unknown, "the second request was not looked up"};
    return missed_again(first, second);
}

}  // namespace understudy::http
