// model/detail/json_writer.h - JSON text (RFC 8259), piece by piece.
//
// Indented by two spaces, or all on one line. The caller keeps the order: key, value, key, value within an object.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace understudy::model::detail {

enum class json_layout : std::uint8_t { indented, one_line };

class json_writer {
public:
    explicit json_writer(json_layout layout) : layout_(layout) {}

    void open_object() { open('{'); }
    void close_object() { close('}'); }
    void open_array() { open('['); }
    void close_array() { close(']'); }
    // What stands between the two is on one line, whatever the layout.
    void open_flat_array();
    void close_flat_array();
    void key(std::string_view name);  // bytes that are no UTF-8 are replaced

    // Text; bytes that are no UTF-8 become {"hex": "..."}, so that nothing is lost.
    void text(std::string_view value);
    void integer(std::int64_t value);
    void count(std::uint64_t value);
    // The shortest text that reads back to the same number. What is not finite becomes null.
    void number(double value);
    void boolean(bool value);

    [[nodiscard]] std::string take();

private:
    void open(char bracket);
    void close(char bracket);
    void before_value();
    void line();
    void quoted(std::string_view utf8);

    json_layout layout_;
    std::string out_;
    std::vector<bool> any_;  // for each open bracket: something stands in it
    int flat_ = 0;
    bool after_key_ = false;
};

}  // namespace understudy::model::detail
