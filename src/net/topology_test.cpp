#include "net/topology.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace understudy::net {
namespace {

using resp::value;
using testing::ElementsAre;
using testing::IsEmpty;

const std::string a(40, 'a'), b(40, 'b'), c(40, 'c'), d(40, 'd');

value node(const std::string& id, std::uint16_t port, const std::string& host = "127.0.0.1") {
    return value::of_array({value::of_text(host), value::of_integer(port), value::of_text(id)});
}

value range(std::int64_t from, std::int64_t to, std::vector<value> nodes) {
    std::vector<value> all{value::of_integer(from), value::of_integer(to)};
    for (auto& one : nodes)
        all.push_back(std::move(one));
    return value::of_array(std::move(all));
}

const server_address asked{"10.0.0.9", 7000};

result<topology> read(std::vector<value> ranges) {
    return topology::read(value::of_array(std::move(ranges)), asked, "test");
}

std::vector<value> three() {
    return {range(10923, 16383, {node(c, 7002)}), range(0, 5460, {node(a, 7000), node(d, 7003)}),
            range(5461, 10922, {node(b, 7001)})};
}

TEST(topology, of_three) {
    const auto shape = read(three());
    ASSERT_TRUE(shape) << shape.error().text();
    ASSERT_EQ(shape->primaries().size(), 3u);
    EXPECT_EQ(shape->primaries()[0].id, a);
    EXPECT_EQ(shape->primaries()[0].at, (server_address{"127.0.0.1", 7000}));
    EXPECT_THAT(shape->primaries()[0].replicas, ElementsAre(cluster_node{d, {"127.0.0.1", 7003}}));
    EXPECT_EQ(shape->owner(0), 0u);
    EXPECT_EQ(shape->owner(5460), 0u);
    EXPECT_EQ(shape->owner(5461), 1u);
    EXPECT_EQ(shape->owner(16383), 2u);
    EXPECT_EQ(shape->owner(16384), std::nullopt);
    EXPECT_THAT(shape->uncovered(), IsEmpty());
    EXPECT_EQ(size_of(*shape), "3 primaries, 1 replica");
}

TEST(topology, what_nobody_serves) {
    const auto shape = read({range(0, 99, {node(a, 1)}), range(101, 16382, {node(a, 1)})});
    ASSERT_TRUE(shape);
    EXPECT_THAT(shape->uncovered(), ElementsAre(slot_range{100, 100}, slot_range{16383, 16383}));
    EXPECT_EQ(text_of(shape->uncovered()), "100, 16383");
    EXPECT_EQ(shape->owner(100), std::nullopt);
    EXPECT_EQ(text_of(read({})->uncovered()), "0-16383");
}

TEST(topology, hosts) {
    const auto host_of = [](value of) {
        const auto shape = read({range(0, 16383, {std::move(of)})});
        return shape ? shape->primaries()[0].at.host : std::string(name_of(shape.error().code));
    };
    auto null_host = node(a, 1);
    null_host.elements[0] = {};
    EXPECT_EQ(host_of(null_host), asked.host);
    EXPECT_EQ(host_of(node(a, 1, "")), asked.host);
    EXPECT_EQ(host_of(node(a, 1, "node-1.shop.example")), "node-1.shop.example");
    EXPECT_EQ(host_of(node(a, 1, "fe80::1")), "fe80::1");
    // The name is preferred and there is none: the address stands beside it.
    auto unknown = node(a, 1, "?");
    unknown.elements.push_back(value::of_array({value::of_text("ip"), value::of_text("10.0.0.3")}));
    EXPECT_EQ(host_of(unknown), "10.0.0.3");
    for (const auto* bad : {"a b", "a\nb", "a/b", "$(a)"})
        EXPECT_EQ(host_of(node(a, 1, bad)), "protocol") << bad;
    EXPECT_EQ(host_of(node(a, 1, std::string(300, 'a'))), "protocol");
}

TEST(topology, what_is_none) {
    const auto code = [](std::vector<value> ranges) {
        const auto shape = read(std::move(ranges));
        return shape ? errc{} : shape.error().code;
    };
    EXPECT_EQ(code({range(0, 10, {node(a, 1)}), range(10, 20, {node(b, 2)})}), errc::protocol) << "two owners";
    EXPECT_EQ(code({range(0, 10, {node(a, 1)}), range(0, 10, {node(a, 1)})}), errc::protocol) << "told twice";
    EXPECT_EQ(code({range(0, 10, {node(a, 1)}), range(11, 20, {node(a, 2)})}), errc::protocol) << "two addresses";
    EXPECT_EQ(code({range(0, 16384, {node(a, 1)})}), errc::protocol);
    EXPECT_EQ(code({range(-1, 5, {node(a, 1)})}), errc::protocol);
    EXPECT_EQ(code({range(6, 5, {node(a, 1)})}), errc::protocol);
    EXPECT_EQ(code({range(0, 5, {})}), errc::protocol);
    EXPECT_EQ(code({range(0, 5, {node("short", 1)})}), errc::protocol);
    EXPECT_EQ(code({range(0, 5, {node(std::string(40, 'A'), 1)})}), errc::protocol);
    EXPECT_EQ(code({range(0, 5, {node(a, 0)})}), errc::protocol);
    EXPECT_EQ(code({value::of_text("0")}), errc::protocol);
    EXPECT_FALSE(topology::read(value::of_text("x"), asked, "test"));
    EXPECT_FALSE(topology::read(value::of_array(std::vector<value>(16385, range(0, 0, {node(a, 1)}))), asked, "test"));
    std::vector<value> many;
    for (int i = 0; i < 1001; ++i) {
        auto id = std::to_string(i);
        id.insert(0, 40 - id.size(), '0');
        many.push_back(range(i, i, {node(id, 1)}));
    }
    EXPECT_EQ(code(many), errc::protocol);
}

TEST(topology, what_changed_in_words) {
    const auto before = *read(three());
    const auto told = [&](std::vector<value> ranges) { return changed(before, *read(std::move(ranges))); };
    EXPECT_THAT(told(three()), IsEmpty());
    EXPECT_THAT(told({range(0, 5460, {node(d, 7003)}), range(5461, 10922, {node(b, 7001)}),
                      range(10923, 16383, {node(c, 7002)})}),
                ElementsAre("the primary of slots 0-5460 failed over from 127.0.0.1:7000 to 127.0.0.1:7003"));
    EXPECT_THAT(told({range(0, 99, {node(b, 7001)}), range(100, 5460, {node(a, 7000)}),
                      range(5461, 10922, {node(b, 7001)}), range(10923, 16383, {node(c, 7002)})}),
                ElementsAre("slots 0-99 moved from 127.0.0.1:7000 to 127.0.0.1:7001"));
    // A node that came, and took over some of them: no failover, for the old one is there still.
    const std::string e(40, 'e');
    EXPECT_THAT(told({range(0, 99, {node(e, 7004)}), range(100, 5460, {node(a, 7000)}),
                      range(5461, 10922, {node(b, 7001)}), range(10923, 16383, {node(c, 7002)})}),
                ElementsAre("slots 0-99 moved from 127.0.0.1:7000 to 127.0.0.1:7004"));
    EXPECT_THAT(told({range(0, 5460, {node(a, 7000)}), range(10923, 16383, {node(c, 7002)})}),
                ElementsAre("slots 5461-10922 are served by nobody any more"));
    EXPECT_THAT(told({range(0, 5460, {node(a, 7009)}), range(5461, 10922, {node(b, 7001)}),
                      range(10923, 16383, {node(c, 7002)})}),
                ElementsAre("the primary of slots 0-5460 was at 127.0.0.1:7000 and is at 127.0.0.1:7009 now"));
    // A replica that comes or goes serves no slot.
    EXPECT_THAT(told({range(0, 5460, {node(a, 7000)}), range(5461, 10922, {node(b, 7001)}),
                      range(10923, 16383, {node(c, 7002)})}),
                IsEmpty());
}

TEST(topology, many_ranges_are_cut) {
    const std::vector<slot_range> many{{0, 1}, {3, 3}, {5, 6}, {8, 9}, {11, 12}, {14, 14}};
    EXPECT_EQ(text_of(many), "0-1, 3, 5-6, 8-9 and 2 more");
}

TEST(own_line_of, finds_itself_and_what_moves) {
    const auto line = own_line_of(a + " 127.0.0.1:7000@17000 master - 0 1 1 connected 0-5460\n" + b +
                                      " 127.0.0.1:7001@17001,name myself,master - 0 0 2 connected 5461-10922 [93-<-" +
                                      a + "] [5470->-" + c + "]\n",
                                  "test");
    ASSERT_TRUE(line) << line.error().text();
    EXPECT_EQ(line->id, b);
    EXPECT_THAT(line->moving, ElementsAre(93, 5470));
    EXPECT_THAT(own_line_of(c + " :0@0 myself,slave " + a + " 0 0 2 connected\r\n", "test")->moving, IsEmpty());
    for (const std::string& bad :
         std::vector<std::string>{{},
                                  "\n\n",
                                  a + " x master - 0 0 1 connected\n",
                                  "short x myself,master - 0 0 1 connected\n",
                                  a + " x myself,master - 0 0 1 connected [16384->-" + b + "]\n",
                                  a + " x myself\n"})
        EXPECT_EQ(own_line_of(bad, "test").error().code, errc::protocol) << bad;
}

TEST(redirection_of, names_a_place) {
    const auto of = [](const char* text) { return redirection_of(value::of_error(text), asked); };
    const auto moved = of("MOVED 3999 127.0.0.1:6381");
    ASSERT_TRUE(moved);
    EXPECT_FALSE(moved->ask);
    EXPECT_EQ(moved->slot, 3999);
    EXPECT_EQ(moved->to, (server_address{"127.0.0.1", 6381}));
    EXPECT_TRUE(of("ASK 3999 node-1:6381")->ask);
    EXPECT_EQ(of("MOVED 0 :6381")->to, (server_address{asked.host, 6381}));
    EXPECT_EQ(of("MOVED 0 ::1:6381")->to, (server_address{"::1", 6381}));
    for (const auto* none : {"MOVED", "MOVED 1", "MOVED 1 h", "MOVED x h:1", "MOVED 16384 h:1", "MOVED 1 h:0",
                             "MOVED 1 h:65536", "MOVED 1 a b:1", "TRYAGAIN x", "ERR MOVED 1 h:1"})
        EXPECT_FALSE(of(none)) << none;
    EXPECT_FALSE(redirection_of(value::of_text("MOVED 1 h:1"), asked));
}

}  // namespace
}  // namespace understudy::net
