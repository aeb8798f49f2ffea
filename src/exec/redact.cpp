#include "exec/redact.h"

#include <algorithm>

#include <fmt/format.h>

namespace understudy::exec {

namespace {

constexpr std::string_view replacement = "[secret]";
// The note between head and tail takes its room from the tail.
constexpr std::size_t note_room = 64;

}  // namespace

redactor::redactor(std::vector<std::string> secrets) : secrets_(std::move(secrets)) {
    std::erase_if(secrets_, [](const std::string& secret) { return secret.size() < shortest_secret; });
    std::sort(secrets_.begin(), secrets_.end(),
              [](const std::string& a, const std::string& b) { return a.size() > b.size(); });
    for (const std::string& secret : secrets_)
        begins_[static_cast<unsigned char>(secret.front())] = true;
    if (!secrets_.empty()) longest_ = secrets_.front().size();
}

// Length of the longest secret that begins here, 0 for none; of the end of the pending bytes also a beginning counts.
std::size_t redactor::match_at(std::size_t position) const {
    if (!begins_[static_cast<unsigned char>(pending_[position])]) return 0;
    const std::string_view rest = std::string_view(pending_).substr(position);
    for (const std::string& secret : secrets_) {
        if (rest.starts_with(secret)) return secret.size();
        if (rest.size() >= shortest_secret && std::string_view(secret).starts_with(rest)) return rest.size();
    }
    return 0;
}

// Goes through the pending bytes as long as a secret that begins there would be whole, or through all of them.
void redactor::decide(bool all, std::string& out) {
    std::size_t position = 0;
    std::size_t covered_to = covered_;
    while (position < pending_.size() && (all || pending_.size() - position >= longest_)) {
        if (const std::size_t length = match_at(position); length > 0) {
            if (position >= covered_to) out += replacement;
            covered_to = std::max(covered_to, position + length);
        }
        if (position >= covered_to) out += pending_[position];
        ++position;
    }
    covered_ = covered_to > position ? covered_to - position : 0;
    pending_.erase(0, position);
}

std::string redactor::add(std::string_view piece) {
    std::string out;
    if (longest_ == 0) return std::string(piece);
    pending_ += piece;
    decide(false, out);
    return out;
}

std::string redactor::finish() {
    std::string out;
    decide(true, out);
    return out;
}

std::string redact(std::string_view output, const std::vector<std::string>& secrets) {
    redactor one(secrets);
    std::string out = one.add(output);
    return out += one.finish();
}

void output_keeper::add(std::string_view piece) {
    const std::size_t to_head = std::min(piece.size(), head_limit() - head_.size());
    head_ += piece.substr(0, to_head);
    piece.remove_prefix(to_head);
    // Up to the limit everything is kept; the note's room is taken only when there is a note.
    tail_ += piece;
    if (tail_.size() > 2 * head_limit()) {
        const std::size_t surplus = tail_.size() - head_limit();
        tail_.erase(0, surplus);
        left_out_ += surplus;
    }
}

std::string output_keeper::text() const {
    if (!cut()) return head_ + tail_;
    const std::size_t tail_limit = limit_ - head_limit() - note_room;
    const std::size_t surplus = tail_.size() - std::min(tail_.size(), tail_limit);
    return fmt::format("{}\n[... {} bytes left out ...]\n{}", head_, left_out_ + surplus,
                       std::string_view(tail_).substr(surplus));
}

}  // namespace understudy::exec
