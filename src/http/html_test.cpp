#include "http/html.h"

#include <gtest/gtest.h>

namespace understudy::http {
namespace {

TEST(html, hidden_field_however_it_is_written) {
    for (
        const auto* html : {
            R"(<input type="hidden" name="token" value="x1">)",
            R"(<form><input type="hidden" name="csrf" value="no"><input type="hidden" name="token" value="x1"></form>)",
            R"(<INPUT VALUE='x1' NAME='token' TYPE='HIDDEN'/>)",
            "<input\n\ttype=hidden\r\n name = token value\t=\n x1>",
            "<input type=hidden name=token value=x1 />",
            R"(<input type="hidden"name="token"value="x1">)",
            R"(<input data-x="a>b" type="hidden" disabled name="token" value="x1" autocomplete=off>)",
            R"(<input type="hidden" name="token" value="x1" name="other" value="y">)",
            R"(<!-- <input type="hidden" name="token" value="no"> --><input type="hidden" name="token" value="x1">)",
            R"(<script>"<input type='hidden' name='token' value='no'>"</script><input type=hidden name=token value=x1>)",
            R"(<textarea><input type=hidden name=token value=no></textarea><input type=hidden name=token value=x1>)",
            R"(<input type="text" name="token" value="no"><input type="hidden" name="token" value="x1">)",
            R"(<inputs type=hidden name=token value=no><input type=hidden name=token value=x1>)",
            R"(a < b <3 </ <? <!doctype html><p class=x><input type=hidden name=token value=x1>)",
            R"(</input type=hidden name=token value=no><input type=hidden name=token value=x1>)",
            R"(<input type="hidden" name="to&#107;en" value="x&#x31;">)",
            R"(<input =odd type=hidden name=token value=x1>)",
        })
        EXPECT_EQ(hidden_field(html, "token"), "x1") << html;
}

TEST(html, django_and_wordpress_login_forms) {
    EXPECT_EQ(hidden_field(R"(<form method="post" action="/login/">
  <input type="hidden" name="csrfmiddlewaretoken" value="GWZ4yMs0Yxr3wGdSqoBBnkAg8dG3gn4bZrBcVKGkVx8M0sd9S1L0ZVAb8WAQ4jvW">
  <input type="text" name="username" autofocus>)",
                           "csrfmiddlewaretoken"),
              "GWZ4yMs0Yxr3wGdSqoBBnkAg8dG3gn4bZrBcVKGkVx8M0sd9S1L0ZVAb8WAQ4jvW");
    EXPECT_EQ(
        hidden_field(R"(<input type="hidden" name="redirect_to" value="http://localhost/wp-admin/?a=1&amp;b=2" />)",
                     "redirect_to"),
        "http://localhost/wp-admin/?a=1&b=2");
}

TEST(html, not_there) {
    for (const auto* html :
         {"", "<", "<input", "<input type=hidden name=token value=x", "<input type=hidden name=Token value=x>",
          "<input name=token value=x>", "<input type=hidden value=x>", "<input type=hidden name=\"token value=x>",
          "<!-- <input type=hidden name=token value=x>", "<script><input type=hidden name=token value=x>",
          "<style></script><input type=hidden name=token value=x>"})
        EXPECT_EQ(hidden_field(html, "token"), std::nullopt) << html;
    EXPECT_EQ(hidden_field("<input type=hidden name=token>", "token"), "");
    EXPECT_EQ(hidden_field("<input type=hidden name=token value=\"\">", "token"), "");
}

TEST(html, every_prefix_of_a_form_gives_the_value_or_nothing) {
    const std::string form = R"(<!-- x --><script>a</script><p><input type="hidden" name="token" value="x&amp;1"><b>)";
    for (std::size_t length = 0; length <= form.size(); ++length) {
        const auto found = hidden_field(std::string_view(form).substr(0, length), "token");
        if (length < form.size() - 3)
            EXPECT_EQ(found, std::nullopt) << length;
        else
            EXPECT_EQ(found, "x&1") << length;
    }
}

TEST(html, bounded) {
    const std::string field = "<input type=hidden name=token value=x1>";
    EXPECT_EQ(hidden_field(std::string(max_html_bytes - field.size(), ' ') + field, "token"), "x1");
    EXPECT_EQ(hidden_field(std::string(max_html_bytes - field.size() + 1, ' ') + field, "token"), std::nullopt);
    const auto with = [](std::size_t size) {
        return "<input type=hidden name=token value=" + std::string(size, 'v') + ">";
    };
    EXPECT_TRUE(hidden_field(with(max_field_bytes), "token").has_value());
    EXPECT_FALSE(hidden_field(with(max_field_bytes + 1), "token").has_value());
    std::string many;
    while (many.size() < max_html_bytes)
        many += "</<!---";
    EXPECT_EQ(hidden_field(many, "token"), std::nullopt);
}

TEST(html, references) {
    EXPECT_EQ(decode_references("a&amp;b&lt;&gt;&quot;&apos;&#39;&#x27;&#X27;&sol;&plus;&equals;"), "a&b<>\"''''/+=");
    EXPECT_EQ(decode_references("&nbsp;&#228;&#x20AC;&#x1F600;"), "\xc2\xa0\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
    EXPECT_EQ(decode_references("&#0;&#xD800;&#x110000;&#x99999999;"),
              "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    for (const auto* same :
         {"&", "&;", "&amp", "& amp;", "&unknown;", "&#;", "&#x;", "&#12a;", "&#123456789;", "a&b;c"})
        EXPECT_EQ(decode_references(same), same);
    EXPECT_EQ(decode_references("&amp;amp;"), "&amp;");
    EXPECT_EQ(decode_references("&&amp;"), "&&");
}

TEST(html, the_fields_of_a_login_form) {
    const auto fields = input_fields(R"(<form><input type="hidden" name="_token" value="secret">
<INPUT NAME=email TYPE=Email><input name="user&#110;ame"><input type=password name='pw'/><input type=submit value=Go>
<!-- <input name=no> --><script>"<input name=no>"</script></form>)");
    ASSERT_EQ(fields.size(), 4u);
    EXPECT_EQ(fields[0].type, "hidden");
    EXPECT_EQ(fields[1].name, "email");
    EXPECT_EQ(fields[1].type, "email");
    EXPECT_EQ(fields[2].name, "username");
    EXPECT_EQ(fields[2].type, "text");
    EXPECT_EQ(fields[3].name, "pw");
    EXPECT_EQ(fields[3].type, "password");
    std::string many;
    for (int i = 0; i < 100; ++i)
        many += "<input name=a>";
    EXPECT_EQ(input_fields(many).size(), max_input_fields);
    EXPECT_TRUE(input_fields("<input name=" + std::string(300, 'x') + ">").empty());
}

}  // namespace
}  // namespace understudy::http
