// model/detail/words.h - the words of the enums, both ways. The words themselves stand in names.cpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/checklist.h"
#include "model/environment.h"
#include "model/finding.h"
#include "model/history.h"
#include "model/journal.h"
#include "model/measurement.h"
#include "model/profile.h"

namespace understudy::model::detail {

// All words of an enum, in the order of its values.
template <class E>
[[nodiscard]] std::vector<std::string> words_of();
template <>
std::vector<std::string> words_of<role>();
template <>
std::vector<std::string> words_of<access>();
template <>
std::vector<std::string> words_of<database_kind>();
template <>
std::vector<std::string> words_of<metric>();
template <>
std::vector<std::string> words_of<temperature>();
template <>
std::vector<std::string> words_of<verdict>();
template <>
std::vector<std::string> words_of<outcome>();
template <>
std::vector<std::string> words_of<step_state>();
template <>
std::vector<std::string> words_of<origin>();
template <>
std::vector<std::string> words_of<check_line>();
template <>
std::vector<std::string> words_of<check_weight>();
template <>
std::vector<std::string> words_of<check_state>();
template <>
std::vector<std::string> words_of<standing>();
template <>
std::vector<std::string> words_of<act>();
template <>
std::vector<std::string> words_of<expire_step::kind>();
template <>
std::vector<std::string> words_of<profile_source>();
template <>
std::vector<std::string> words_of<bound::on>();
template <>
std::vector<std::string> words_of<bound::relation>();

template <class E>
[[nodiscard]] std::optional<E> from_word(std::string_view word) {
    const auto words = words_of<E>();
    for (std::size_t i = 0; i < words.size(); ++i)
        if (words[i] == word) return static_cast<E>(i);
    return std::nullopt;
}

}  // namespace understudy::model::detail
