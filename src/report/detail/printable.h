// report/detail/printable.h - text from outside, made safe to look at. Pure.
#pragma once

#include <string>
#include <string_view>

namespace understudy::report::detail {

// Valid UTF-8 without anything that moves a cursor or reorders what is read: control characters, broken sequences and
// the marks for writing direction become U+FFFD. Line ends and tabs are kept by printable() (a carriage return
// goes), and become single spaces in one_line(), which also trims. Cost: linear.
[[nodiscard]] std::string printable(std::string_view text);
[[nodiscard]] std::string one_line(std::string_view text);

// Code points, which is what a terminal's columns are for the texts that we print.
[[nodiscard]] std::size_t columns_of(std::string_view text);

}  // namespace understudy::report::detail
