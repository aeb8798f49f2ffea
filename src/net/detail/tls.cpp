// The texts say what to do, since whoever sees them has just met TLS for the first time in a long while. What comes
// from the other side (names in a certificate) is shown only where it is of the characters of a name.
#include "net/detail/tls.h"

#include <algorithm>
#include <array>
#include <ctime>

#include <arpa/inet.h>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/error.hpp>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace understudy::net::detail {

namespace {

using boost::system::error_code;

std::unexpected<error> bad_file(std::string what, const std::string& file) {
    return fail(errc::bad_file, std::move(what), file);
}

bool is_address(const std::string& host) {
    error_code failed;
    (void)asio::ip::make_address(host, failed);
    return !failed;
}

// Names are the other side's bytes.
std::string shown_name(std::string_view name) {
    constexpr std::size_t longest = 100;
    const bool plain = !name.empty() && name.size() <= longest && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
               c == '_' || c == '*' || c == ':';
    });
    return plain ? std::string(name) : "?";
}

std::string_view bytes_of(const ASN1_STRING* text) {
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
            static_cast<std::size_t>(ASN1_STRING_length(text))};
}

std::string address_text(std::string_view bytes) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    const int family = bytes.size() == 4 ? AF_INET : AF_INET6;
    if (bytes.size() != 4 && bytes.size() != 16) return {};
    const char* made = inet_ntop(family, bytes.data(), text.data(), text.size());
    return made ? made : "";
}

std::string name_of_entry(const GENERAL_NAME* entry) {
    if (entry->type == GEN_DNS) return std::string(bytes_of(entry->d.dNSName));
    if (entry->type == GEN_IPADD) return address_text(bytes_of(entry->d.iPAddress));
    return {};
}

// "a.example, b.example", three at most; its common name where it has no other.
std::string names_in(const X509* certificate) {
    constexpr int most = 3;
    std::string out;
    int count = 0;
    const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> names(
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
        &GENERAL_NAMES_free);
    for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
        const std::string name = name_of_entry(sk_GENERAL_NAME_value(names.get(), i));
        if (name.empty() || ++count > most) continue;
        out += (out.empty() ? "" : ", ") + shown_name(name);
    }
    if (count > most) out += ", ...";
    if (!out.empty()) return out;
    std::array<char, 128> common{};
    const int size =
        X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, common.data(), common.size());
    return size > 0 ? shown_name({common.data(), static_cast<std::size_t>(size)}) : "?";
}

std::string last_day(const X509* certificate) {
    std::tm time = {};
    if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &time) != 1) return "?";
    return fmt::format("{:04}-{:02}-{:02}", time.tm_year + 1900, time.tm_mon + 1, time.tm_mday);
}

int note_request(SSL*, void* asked) {
    *static_cast<bool*>(asked) = true;
    return 1;
}

bool of_openssl(const error_code& failed) {
    return failed.category() == asio::error::get_ssl_category();
}

bool is_close(const error_code& failed) {
    return failed == asio::error::eof || failed == asio::ssl::error::stream_truncated ||
           failed == asio::error::connection_reset || failed == asio::error::broken_pipe;
}

error tls_error(std::string what, const std::string& where) {
    // Nothing was sent that could have done anything.
    return {errc::tls_failed, std::move(what), where, true};
}

}  // namespace

result<asio::ssl::context> make_tls_context(const model::tls_settings& from) {
    error_code failed;
    asio::ssl::context made(asio::ssl::context::tls_client);
    SSL_CTX_set_min_proto_version(made.native_handle(), TLS1_2_VERSION);
    made.set_verify_mode(asio::ssl::verify_peer);
    // OpenSSL would ask for a passphrase on the terminal.
    made.set_password_callback([](std::size_t, asio::ssl::context::password_purpose) { return std::string(); }, failed);
    if (from.ca.empty())
        made.set_default_verify_paths(failed);
    else
        made.load_verify_file(from.ca, failed);
    if (failed) return bad_file("cannot read the certificate authorities; expected certificates as PEM", from.ca);
    if (from.certificate.empty()) return made;
    made.use_certificate_chain_file(from.certificate, failed);
    if (failed) return bad_file("cannot read our certificate; expected PEM", from.certificate);
    made.use_private_key_file(from.key, asio::ssl::context::pem, failed);
    if (failed && ERR_GET_REASON(static_cast<unsigned long>(failed.value())) == X509_R_KEY_VALUES_MISMATCH)
        return bad_file("this key is not the one of the certificate beside it", from.key);
    if (failed) return bad_file("cannot read our key; expected PEM without a passphrase", from.key);
    if (SSL_CTX_check_private_key(made.native_handle()) != 1) {
        ERR_clear_error();
        return bad_file("this key is not the one of the certificate beside it", from.key);
    }
    return made;
}

tls_session::tls_session(stream_socket& over, asio::ssl::context& with, const model::tls_settings& settings,
                         const std::string& host)
    : stream_(over, with),
      name_(settings.server_name.empty() ? host : settings.server_name),
      has_certificate_(!settings.certificate.empty()) {
    SSL* ssl = stream_.native_handle();
    X509_VERIFY_PARAM* wanted = SSL_get0_param(ssl);
    X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (is_address(name_)) {
        // RFC 6066: an address is not sent as a server name.
        name_is_checked_ = X509_VERIFY_PARAM_set1_ip_asc(wanted, name_.c_str()) == 1;
    } else {
        // OpenSSL takes an empty name for any, and one that begins with a dot for any below it.
        name_is_checked_ =
            !name_.empty() && name_.front() != '.' && X509_VERIFY_PARAM_set1_host(wanted, name_.c_str(), 0) == 1;
        SSL_set_tlsext_host_name(ssl, name_.c_str());
    }
    SSL_set_cert_cb(ssl, &note_request, &asked_);
    error_code ignored;
    stream_.set_verify_mode(asio::ssl::verify_peer, ignored);
    // It passes OpenSSL's own judgement on, and keeps what the error text will need.
    stream_.set_verify_callback(
        [this](bool good, asio::ssl::verify_context& at) {
            if (good && !name_is_checked_) {
                refused_.code = X509_V_ERR_HOSTNAME_MISMATCH;
                return false;
            }
            if (good || refused_.code != 0) return good;
            refused_.code = X509_STORE_CTX_get_error(at.native_handle());
            if (const X509* certificate = X509_STORE_CTX_get_current_cert(at.native_handle())) {
                refused_.names = names_in(certificate);
                refused_.until = last_day(certificate);
            }
            return good;
        },
        ignored);
}

error tls_session::certificate_failure(const std::string& where) const {
    switch (refused_.code) {
        case X509_V_ERR_HOSTNAME_MISMATCH:
        case X509_V_ERR_IP_ADDRESS_MISMATCH:
            return tls_error(fmt::format("the server's certificate is for {}, not for {}; go there by that name, or "
                                         "name it with server_name in tls",
                                         refused_.names, name_),
                             where);
        case X509_V_ERR_CERT_HAS_EXPIRED:
            return tls_error(fmt::format("the certificate of {} has expired on {}; it has to be renewed on the server",
                                         refused_.names, refused_.until),
                             where);
        case X509_V_ERR_CERT_NOT_YET_VALID:
            return tls_error(fmt::format("the certificate of {} is not valid yet; check the clocks of both machines",
                                         refused_.names),
                             where);
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        case X509_V_ERR_CERT_SIGNATURE_FAILURE:
            return tls_error(fmt::format("the server's certificate is of no authority that is trusted here ({}); name "
                                         "its authority with ca in tls",
                                         X509_verify_cert_error_string(refused_.code)),
                             where);
        default:
            return tls_error(fmt::format("the server's certificate is not accepted: {}",
                                         X509_verify_cert_error_string(refused_.code)),
                             where);
    }
}

// What the server itself says before it ends the connection (RFC 8446, 6.2).
std::optional<error> tls_session::alert(const error_code& failed, const std::string& where) const {
    if (!of_openssl(failed)) return std::nullopt;
    switch (ERR_GET_REASON(static_cast<unsigned long>(failed.value()))) {
        case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
            return tls_error("the server asks for a client certificate; name it with cert and key in tls", where);
        case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
        case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
        case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
        case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
        case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
        case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
        case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
        case SSL_R_TLSV1_ALERT_DECRYPT_ERROR:
            return tls_error(
                fmt::format("the server does not accept our client certificate ({}); check cert and key in tls",
                            ERR_reason_error_string(static_cast<unsigned long>(failed.value()))),
                where);
        case SSL_R_TLSV1_UNRECOGNIZED_NAME:
            return tls_error(fmt::format("the server knows no {}; name it with server_name in tls", name_), where);
        case SSL_R_UNSUPPORTED_PROTOCOL:
        case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
            return tls_error("the server speaks no TLS of version 1.2 or newer", where);
        default:
            return std::nullopt;
    }
}

error tls_session::handshake_failure(const error_code& failed, const std::string& where) const {
    if (refused_.code != 0) return certificate_failure(where);
    if (auto said = alert(failed, where)) return *std::move(said);
    if (auto because = first_failure(failed, where)) return *std::move(because);
    if (is_close(failed))
        return tls_error(
            "the server closed the connection during the TLS handshake; a port for plain text does so (then write "
            "redis:// or http://)",
            where);
    if (!of_openssl(failed)) return tls_error("the connection broke during the TLS handshake", where);
    switch (ERR_GET_REASON(static_cast<unsigned long>(failed.value()))) {
        case SSL_R_WRONG_VERSION_NUMBER:
        case SSL_R_HTTP_REQUEST:
        case SSL_R_HTTPS_PROXY_REQUEST:
        case SSL_R_UNEXPECTED_MESSAGE:
        case SSL_R_BAD_RECORD_TYPE:
        case SSL_R_PACKET_LENGTH_TOO_LONG:
            return tls_error(
                "the server does not speak TLS on this port; if that is right, write redis:// or http://, else name "
                "its port for TLS",
                where);
        default: {
            const char* reason = ERR_reason_error_string(static_cast<unsigned long>(failed.value()));
            return tls_error(fmt::format("the TLS handshake failed: {}", reason ? reason : "unknown reason"), where);
        }
    }
}

std::optional<error> tls_session::first_failure(const error_code& failed, const std::string& where) const {
    if (auto said = alert(failed, where)) return said;
    if (!asked_) return std::nullopt;
    if (!is_close(failed) && !of_openssl(failed)) return std::nullopt;
    if (!has_certificate_)
        return tls_error("the server asks for a client certificate; name it with cert and key in tls", where);
    return tls_error(
        "the server ended the connection after it had asked for our client certificate; it may not accept the one "
        "named with cert in tls",
        where);
}

}  // namespace understudy::net::detail
