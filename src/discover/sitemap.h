// discover/sitemap.h - sitemaps as robots read them: the XML of sitemaps.org, an index of them, gzip around either, and
// the lines of robots.txt that name them.
//
// The XML is read by pugixml, which knows no DTD: entities of a document's own are never expanded. What could still
// make a small text a large tree is bounded before it is parsed.
//
// Source: sitemaps.org protocol 0.9; RFC 9309 for robots.txt; RFC 1952 for gzip. Pure; memory at most some 20 times the
// text, which is bounded.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace understudy::discover {

inline constexpr std::size_t max_sitemap_bytes = std::size_t{16} << 20;  // unpacked
inline constexpr std::size_t max_sitemap_marks = 1'000'000;              // '<' and '=': bound tags and attributes
inline constexpr std::size_t max_sitemap_pages = 50'000;                 // the protocol's own limit

struct sitemap {
    std::vector<std::string> pages;     // of <urlset>: each <loc>, as it stands there
    std::vector<std::string> sitemaps;  // of <sitemapindex>
    bool cut = false;                   // there were more than max_sitemap_pages
};

// errc::over_limit; errc::bad_file where it is no XML, or another document (a page of HTML). Texts quote nothing.
[[nodiscard]] result<sitemap> parse_sitemap(std::string_view xml);

// The URLs of "Sitemap:" lines, whatever stands around them; at most 16.
[[nodiscard]] std::vector<std::string> sitemaps_of_robots(std::string_view robots);

[[nodiscard]] bool is_gzip(std::string_view bytes) noexcept;
// errc::over_limit before more than `most` bytes came out, errc::bad_file where it is damaged or cut.
[[nodiscard]] result<std::string> gunzip(std::string_view bytes, std::size_t most = max_sitemap_bytes);

}  // namespace understudy::discover
