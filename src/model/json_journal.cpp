#include <array>

#include "model/detail/fields_journal.h"
#include "model/json.h"

namespace understudy::model {

namespace {

using namespace detail;

constexpr std::string_view noun_name = "journal-record";
constexpr std::array<std::string_view, 5> record_names{"begin", "saved", "step", "end",
                                                       "evidence"};  // as in journal_record

template <class T>
result<journal_record> read_as(json_reader& in) {
    T record;
    field_reader read(in);
    fields(read, record);
    UNDERSTUDY_TRY(in.outcome());
    return journal_record(std::move(record));
}

}  // namespace

std::string to_json(const journal_record& one) {
    json_writer out(json_layout::one_line);
    out.open_object();
    field_writer write(out);
    write("format", "understudy/" + std::string(noun_name));
    write("version", json_version);
    write("record", std::string(record_names.at(one.index())));
    std::visit([&](const auto& record) { fields(write, record); }, one);
    out.close_object();
    return out.take();
}

result<journal_record> read_journal_record(std::string_view json) {
    UNDERSTUDY_LET(in, open_document(noun_name, json));
    std::string name;
    field_reader read(in);
    read("record", name);
    UNDERSTUDY_TRY(in.outcome());
    if (name == record_names[0]) return read_as<journal_begin>(in);
    if (name == record_names[1]) return read_as<journal_saved>(in);
    if (name == record_names[2]) return read_as<journal_step>(in);
    if (name == record_names[3]) return read_as<journal_end>(in);
    if (name == record_names[4]) return read_as<journal_evidence>(in);
    return fail(errc::bad_file, "expected a record that is begin, saved, step, end or evidence", "record");
}

}  // namespace understudy::model
