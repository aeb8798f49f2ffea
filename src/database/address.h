// database/address.h - where a database is, and as whom to go there.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace understudy::database {

// The moment at which a wait ends; bounds the sum of all waits that it is handed to.
using moment = std::chrono::steady_clock::time_point;

enum class kind : std::uint8_t { postgresql, mysql };  // mysql: MariaDB too

struct address {
    database::kind kind = kind::postgresql;
    std::string host = "127.0.0.1";  // a name or an address
    std::uint16_t port = 5432;
    std::string unix_path = {};  // not empty: the folder of PostgreSQL's socket, or MySQL's socket; host says nothing
    std::string name = {};       // of the database
    std::string username = {};
    std::string password = {};
    std::string ca = {};  // not empty: TLS is a must, and the server's certificate and name are checked against it

    // "127.0.0.1:5432/shop", "unix:/run/mysqld/mysqld.sock/shop": never the user or the password.
    [[nodiscard]] std::string text() const;
};

}  // namespace understudy::database
