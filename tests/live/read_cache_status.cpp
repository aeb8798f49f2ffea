// Header lines on standard input -> one line for each member that http/cache_status reads of them, origin first:
// source|result|fwd|fwd-status|stored|detail|trust. Then "front" where a cache in front is known to have answered.
#include <iostream>
#include <string>

#include "http/cache_status.h"

int main() {
    using namespace understudy;
    http::headers fields;
    for (std::string line; std::getline(std::cin, line);)
        if (const auto colon = line.find(':'); colon != std::string::npos)
            fields.push_back({line.substr(0, colon), std::string(http::trim(line.substr(colon + 1)))});
    const auto report = http::read_cache_status(fields);
    for (const auto& member : report.members) {
        std::cout << member.source << '|' << http::name_of(member.result()) << '|'
                  << (member.forwarded ? http::name_of(*member.forwarded) : "") << '|'
                  << (member.fwd_status ? std::to_string(*member.fwd_status) : "") << '|'
                  << (member.stored ? (*member.stored ? "yes" : "no") : "") << '|' << member.detail << '|'
                  << (member.trust == http::confidence::high ? "high" : "low") << '\n';
    }
    if (report.answered_in_front()) std::cout << "front\n";
}
