#include "discover/sitemap.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "discover/address.h"

namespace understudy::discover {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// The protocol's own example, and how WordPress and Yoast write theirs.
TEST(sitemap, pages_of_the_protocols_example) {
    const auto read = parse_sitemap(R"(<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
  <url><loc>http://www.example.com/</loc><lastmod>2005-01-01</lastmod><priority>0.8</priority></url>
  <url><loc>
    http://www.example.com/catalog?item=12&amp;desc=vacation_hawaii </loc></url>
  <url><lastmod>2005-01-01</lastmod></url>
</urlset>)");
    ASSERT_TRUE(read);
    EXPECT_THAT(read->pages,
                ElementsAre("http://www.example.com/", "http://www.example.com/catalog?item=12&desc=vacation_hawaii"));
    EXPECT_THAT(read->sitemaps, IsEmpty());
}

TEST(sitemap, prefixes_images_and_cdata) {
    const auto read = parse_sitemap(R"(<s:urlset xmlns:s="x" xmlns:image="y"><s:url>
<image:image><image:loc>http://e/i.png</image:loc></image:image><s:loc><![CDATA[http://e/a]]></s:loc></s:url></s:urlset>)");
    ASSERT_TRUE(read);
    EXPECT_THAT(read->pages, ElementsAre("http://e/a"));
}

TEST(sitemap, an_index) {
    const auto read = parse_sitemap(
        "<sitemapindex><sitemap><loc>http://e/1.xml.gz</loc></sitemap><sitemap><loc>http://e/2.xml</loc></sitemap>"
        "</sitemapindex>");
    ASSERT_TRUE(read);
    EXPECT_THAT(read->sitemaps, ElementsAre("http://e/1.xml.gz", "http://e/2.xml"));
}

TEST(sitemap, other_documents_are_refused) {
    for (const auto* text : {"", "hello", "<html><body>Not found</body></html>", "<!doctype html><p>x<br>y</p>",
                             "<rss><channel/></rss>", "<urlset><url><loc>http://e/", "{\"a\":1}", "\xff\xfe\xff"})
        EXPECT_EQ(parse_sitemap(text).error().code, errc::bad_file) << text;
}

TEST(sitemap, entities_of_a_document_are_not_expanded) {
    const std::string lol = R"(<?xml version="1.0"?><!DOCTYPE u [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">
<!ENTITY x SYSTEM "file:///etc/passwd">]><urlset><url><loc>http://e/&b;</loc></url><url><loc>&x;</loc></url></urlset>)";
    const auto read = parse_sitemap(lol);
    ASSERT_TRUE(read);
    EXPECT_THAT(read->pages, ElementsAre("http://e/&b;", "&x;"));
}

TEST(sitemap, limits) {
    EXPECT_EQ(parse_sitemap(std::string(max_sitemap_bytes + 1, ' ')).error().code, errc::over_limit);
    std::string tags = "<urlset>";
    for (std::size_t i = 0; i < max_sitemap_marks; ++i)
        tags += "<a/>";
    EXPECT_EQ(parse_sitemap(tags + "</urlset>").error().code, errc::over_limit);
    std::string deep;
    for (int i = 0; i < 200'000; ++i)
        deep += "<a>";
    EXPECT_FALSE(parse_sitemap(deep));
    std::string many = "<urlset>";
    for (std::size_t i = 0; i < max_sitemap_pages + 10; ++i)
        many += "<url><loc>http://e/</loc></url>";
    const auto read = parse_sitemap(many + "</urlset>");
    ASSERT_TRUE(read);
    EXPECT_THAT(read->pages, SizeIs(max_sitemap_pages));
    EXPECT_TRUE(read->cut);
}

TEST(sitemap, robots_names_it) {
    EXPECT_THAT(
        sitemaps_of_robots("User-agent: *\nDisallow: /\nSITEMAP: https://e/a.xml \r\n  sitemap:/b.xml\rSitemap:\n"
                           "# Sitemap: https://e/c.xml\n"),
        ElementsAre("https://e/a.xml", "/b.xml"));
    std::string many;
    for (int i = 0; i < 100; ++i)
        many += "Sitemap: https://e/x.xml\n";
    EXPECT_THAT(sitemaps_of_robots(many), SizeIs(16));
    EXPECT_THAT(sitemaps_of_robots("<html>Sitemap</html>"), IsEmpty());
    EXPECT_THAT(sitemaps_of_robots("Sitemap: " + std::string(5000, 'x')), IsEmpty());
}

std::string gzip(const std::string& text) {
    z_stream stream{};
    EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 9, Z_DEFAULT_STRATEGY), Z_OK);
    std::string out(deflateBound(&stream, text.size()) + 32, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

TEST(sitemap, packed) {
    const std::string text(300'000, 'x');
    const auto packed = gzip(text);
    EXPECT_TRUE(is_gzip(packed));
    EXPECT_EQ(gunzip(packed).value(), text);
    EXPECT_EQ(gunzip(packed, text.size()).value(), text);
    EXPECT_EQ(gunzip(packed, text.size() - 1).error().code, errc::over_limit);
    for (std::size_t cut = 0; cut < packed.size(); ++cut)
        EXPECT_EQ(gunzip(packed.substr(0, cut)).error().code, errc::bad_file) << cut;
    EXPECT_EQ(gunzip("\x1f\x8bgarbage").error().code, errc::bad_file);
    EXPECT_EQ(gunzip(gzip(std::string(max_sitemap_bytes + 1, '\0'))).error().code, errc::over_limit);
}

TEST(address, taken_apart) {
    const auto read = parse_address("HTTPS://Shop.Example:8443/a/b?c=d#e");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->origin, (web_origin{true, "shop.example", 8443}));
    EXPECT_EQ(read->target, "/a/b?c=d");
    EXPECT_EQ(parse_address("http://e")->target, "/");
    EXPECT_EQ(parse_address("http://e")->origin, parse_address("http://e:80/x")->origin);
    EXPECT_NE(parse_address("http://e")->origin, parse_address("https://e")->origin);
    EXPECT_EQ(parse_address("http://[::1]:81/")->origin.host, "::1");
    for (const auto* bad : {"", "/a", "e/a", "ftp://e/", "http://", "http:///a", "http://u:p@e/", "http://e:0/",
                            "http://e:99999/", "http://e/ a", "javascript:alert(1)", "http://e/\n", "http://e:2a/"})
        EXPECT_FALSE(parse_address(bad)) << bad;
    EXPECT_FALSE(parse_address("http://e/" + std::string(3000, 'a')));
}

TEST(address, seen_from_a_page) {
    const web_origin base{false, "e", 8080};
    EXPECT_EQ(resolve(base, "/login/?next=/x")->target, "/login/?next=/x");
    EXPECT_EQ(resolve(base, "/x")->origin, base);
    EXPECT_EQ(resolve(base, "//f/x")->origin.host, "f");
    EXPECT_EQ(resolve(base, "https://f/x")->origin.host, "f");
    EXPECT_EQ(resolve({false, "::1", 80}, "/x")->origin.host, "::1");
    EXPECT_FALSE(resolve(base, "x/y"));
}

}  // namespace
}  // namespace understudy::discover
