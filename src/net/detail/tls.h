// net/detail/tls.h - the client's side of TLS: what is read from files, what is verified, and what failures mean.
//
// TLS 1.2 or newer. The chain is verified against the authorities of `ca`, or the system's; the name against
// `server_name`, or the host that was dialled. Nothing turns that off.
//
// Source: RFC 8446 (TLS 1.3), RFC 6066 section 3 (server names), RFC 9525 (names in certificates); OpenSSL's
// SSL_set_cert_cb(3), X509_VERIFY_PARAM_set1_host(3).
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/system/error_code.hpp>

#include "base/error.h"
#include "model/environment.h"

namespace understudy::net::detail {

namespace asio = boost::asio;
using stream_socket = asio::generic::stream_protocol::socket;
using tls_stream = asio::ssl::stream<stream_socket&>;

// Reads the files. errc::bad_file names the one that cannot be read or does not fit; no passphrase is ever asked for.
[[nodiscard]] result<asio::ssl::context> make_tls_context(const model::tls_settings& from);

// What OpenSSL said of the server's chain, at the first certificate that it did not accept.
struct refused_certificate {
    long code = 0;      // X509_V_ERR_...; 0: nothing was refused
    std::string names;  // that the certificate is for
    std::string until;  // its last day
};

// One handshake and what came of it. Its address is known to OpenSSL, so it stays where it is.
class tls_session {
public:
    // `over` must outlive it. `host`: as it was dialled.
    tls_session(stream_socket& over, asio::ssl::context& with, const model::tls_settings& settings,
                const std::string& host);
    tls_session(const tls_session&) = delete;
    tls_session& operator=(const tls_session&) = delete;

    [[nodiscard]] tls_stream& stream() noexcept { return stream_; }
    // The server wanted to see a certificate of ours, which it can still refuse after the handshake (TLS 1.3).
    [[nodiscard]] bool asked_for_certificate() const noexcept { return asked_; }

    // What a failed handshake means: errc::tls_failed.
    [[nodiscard]] error handshake_failure(const boost::system::error_code& failed, const std::string& where) const;
    // What a failure before the server's first byte means; empty optional where TLS has no part in it.
    [[nodiscard]] std::optional<error> first_failure(const boost::system::error_code& failed,
                                                     const std::string& where) const;

private:
    [[nodiscard]] error certificate_failure(const std::string& where) const;
    [[nodiscard]] std::optional<error> alert(const boost::system::error_code& failed, const std::string& where) const;

    tls_stream stream_;
    std::string name_;              // that the certificate has to hold
    bool name_is_checked_ = false;  // OpenSSL took the name that the certificate has to be for
    bool has_certificate_;
    bool asked_ = false;
    refused_certificate refused_;
};

}  // namespace understudy::net::detail
