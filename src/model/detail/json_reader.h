// model/detail/json_reader.h - typed reading of JSON from outside.
//
// design  Boost.JSON parses, with limits on size and depth; its types stay in json_reader.cpp. A cursor walks over the
//         tree and keeps the path to where it is. Like the TOML reader it goes on after an error and keeps the first.
// why     Boost.JSON 1.81 reads some numbers one bit off. Numbers with a fraction are therefore read once more with
//         std::from_chars, which is exact: what is written reads back the same.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace boost::json {
class value;
}  // namespace boost::json

namespace understudy::model::detail {

inline constexpr std::size_t json_size_limit = std::size_t{128} << 20;
inline constexpr std::size_t json_depth_limit = 24;

class json_reader {
public:
    // errc::bad_file where it is no JSON object.
    [[nodiscard]] static result<json_reader> parse(std::string_view text);
    json_reader(json_reader&&) noexcept;
    json_reader& operator=(json_reader&&) noexcept;
    ~json_reader();

    // The first error, as errc::bad_file with the path ("arms[3].rows[0].latency").
    [[nodiscard]] status outcome() const;
    void refuse(std::string_view what);  // here
    void refuse(errc code, std::string_view what);

    // What stands here. Empty, and refused, where it is something else. null is a number that is not one.
    [[nodiscard]] std::optional<bool> boolean();
    [[nodiscard]] std::optional<std::int64_t> integer();
    [[nodiscard]] std::optional<std::uint64_t> count();
    [[nodiscard]] std::optional<double> number();
    [[nodiscard]] std::optional<std::string> text();

    [[nodiscard]] bool has(std::string_view key) const;
    // Calls `visit` with the reader at that member; refused where it is missing.
    void member(std::string_view key, const std::function<void()>& visit);
    void each_member(const std::function<void(const std::string& key)>& visit);
    void each_element(const std::function<void()>& visit);

private:
    json_reader();
    [[nodiscard]] std::string path() const;
    void at(const boost::json::value& where, std::string step, const std::function<void()>& visit);

    std::unique_ptr<boost::json::value> root_;
    const boost::json::value* here_ = nullptr;
    std::vector<std::string> path_;
    std::optional<error> first_;
};

}  // namespace understudy::model::detail
