#include "discover/sitemap.h"

#include <algorithm>
#include <array>
#include <memory>

#include <pugixml.hpp>
#include <zlib.h>

#include "http/headers.h"

namespace understudy::discover {

namespace {

std::string_view local_name(const pugi::xml_node& node) {
    const std::string_view name = node.name();
    const auto colon = name.rfind(':');
    return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

std::string_view trimmed(std::string_view text) {
    const auto space = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
    while (!text.empty() && space(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && space(text.back()))
        text.remove_suffix(1);
    return text;
}

// The <loc> of each child named `entry`.
void read_locations(const pugi::xml_node& root, std::string_view entry, std::vector<std::string>& into, bool& cut) {
    for (const auto& one : root.children()) {
        if (local_name(one) != entry) continue;
        if (into.size() >= max_sitemap_pages) {
            cut = true;
            return;
        }
        for (const auto& part : one.children())
            if (local_name(part) == "loc") {
                if (const auto text = trimmed(part.child_value()); !text.empty()) into.emplace_back(text);
                break;
            }
    }
}

struct inflating {
    z_stream stream{};
    bool open = false;
    ~inflating() {
        if (open) (void)inflateEnd(&stream);
    }
};

}  // namespace

result<sitemap> parse_sitemap(std::string_view xml) {
    if (xml.size() > max_sitemap_bytes) return fail(errc::over_limit, "the sitemap is larger than 16 MB");
    const auto marks = std::ranges::count_if(xml, [](char c) { return c == '<' || c == '='; });
    if (static_cast<std::size_t>(marks) > max_sitemap_marks)
        return fail(errc::over_limit, "the sitemap has more tags than one of 50000 pages needs");
    pugi::xml_document document;
    const auto parsed = document.load_buffer(xml.data(), xml.size(), pugi::parse_default, pugi::encoding_auto);
    if (!parsed) return fail(errc::bad_file, "expected a sitemap in XML, found something else");
    const auto root = document.document_element();
    sitemap out;
    if (local_name(root) == "urlset")
        read_locations(root, "url", out.pages, out.cut);
    else if (local_name(root) == "sitemapindex")
        read_locations(root, "sitemap", out.sitemaps, out.cut);
    else
        return fail(errc::bad_file, "expected <urlset> or <sitemapindex>, found another document");
    return out;
}

std::vector<std::string> sitemaps_of_robots(std::string_view robots) {
    constexpr std::size_t most = 16, longest = 2048;
    constexpr std::string_view name = "sitemap:";
    std::vector<std::string> out;
    robots = robots.substr(0, std::size_t{512} << 10);  // RFC 9309, 2.5: at least 500 KiB are read
    while (!robots.empty() && out.size() < most) {
        auto line = robots.substr(0, robots.find_first_of("\r\n"));
        robots.remove_prefix(std::min(robots.size(), line.size() + 1));
        line = trimmed(line);
        if (line.size() <= name.size() || !http::same_name(line.substr(0, name.size()), name)) continue;
        const auto url = trimmed(line.substr(name.size()));
        if (!url.empty() && url.size() <= longest) out.emplace_back(url);
    }
    return out;
}

bool is_gzip(std::string_view bytes) noexcept {
    return bytes.starts_with("\x1f\x8b");
}

result<std::string> gunzip(std::string_view bytes, std::size_t most) {
    inflating at;
    constexpr int gzip_only = 16 + MAX_WBITS;
    if (inflateInit2(&at.stream, gzip_only) != Z_OK) return fail(errc::internal, "zlib does not start");
    at.open = true;
    at.stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    at.stream.avail_in = static_cast<uInt>(std::min<std::size_t>(bytes.size(), max_sitemap_bytes));
    std::string out;
    const auto piece = std::make_unique<std::array<char, 64 << 10>>();
    for (;;) {
        at.stream.next_out = reinterpret_cast<Bytef*>(piece->data());
        at.stream.avail_out = static_cast<uInt>(piece->size());
        const int state = inflate(&at.stream, Z_NO_FLUSH);
        const auto got = piece->size() - at.stream.avail_out;
        if (out.size() + got > most) return fail(errc::over_limit, "unpacked it is larger than the limit");
        out.append(piece->data(), got);
        if (state == Z_STREAM_END) return out;
        if (state != Z_OK || got == 0) return fail(errc::bad_file, "the gzip data are damaged or cut");
    }
}

}  // namespace understudy::discover
