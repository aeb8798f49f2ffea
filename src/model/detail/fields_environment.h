// model/detail/fields_environment.h - the JSON fields of an environment, as a journal keeps it: references to secrets,
// never a secret.
#pragma once

#include "model/detail/json_values.h"
#include "model/environment.h"

namespace understudy::model::detail {

template <class V, noun<tls_settings> T>
void fields(V& v, T& t) {
    v("ca", t.ca);
    v("cert", t.certificate);
    v("key", t.key);
    v("server_name", t.server_name);
}

template <class V, noun<server_place> T>
void fields(V& v, T& t) {
    v("host", t.host);
    v("port", t.port);
}

template <class V, noun<sentinel_watch> T>
void fields(V& v, T& t) {
    v("at", t.at);
    v("master", t.master);
    v("username", t.username);
    v("password", t.password);
}

template <class V, noun<redis_address> T>
void fields(V& v, T& t) {
    v("host", t.host);
    v("port", t.port);
    v("unix", t.unix_path);
    v("database", t.database);
    v("username", t.username);
    v("password", t.password);
    v("tls", t.tls);
    v("sentinels", t.sentinels);
}

template <class V, noun<database_address> T>
void fields(V& v, T& t) {
    v("kind", t.kind);
    v("host", t.host);
    v("port", t.port);
    v("unix", t.unix_path);
    v("name", t.name);
    v("username", t.username);
    v("password", t.password);
    v("ca", t.ca);
}

template <class V, noun<named_command> T>
void fields(V& v, T& t) {
    v("name", t.name);
    v("run", t.argv);
    v("arguments", t.arguments);
    v("environment", t.environment);
    v("folder", t.folder);
    v("timeout_ns", t.timeout);
}

template <class V, noun<form_login> T>
void fields(V& v, T& t) {
    v("form", t.path);
    v("username_field", t.username_field);
    v("password_field", t.password_field);
    v("csrf", t.csrf_field);
    v("username", t.username);
    v("password", t.password);
}

template <class V, noun<header_login> T>
void fields(V& v, T& t) {
    v("name", t.name);
    v("value", t.value);
}

template <class V, noun<identity_proof> T>
void fields(V& v, T& t) {
    v("path", t.path);
    v("status", t.status);
    v("contains", t.contains);
}

template <class V, noun<identity> T>
void fields(V& v, T& t) {
    v("name", t.name);
    v("login", t.form);
    v("header", t.header);
    v("logged_in_when", t.logged_in_when);
    v("marker", t.marker);
}

template <class V, noun<basic_auth> T>
void fields(V& v, T& t) {
    v("username", t.username);
    v("password", t.password);
}

template <class V, noun<instrumentation> T>
void fields(V& v, T& t) {
    v("header", t.header);
    v("secret", t.secret);
}

template <class V, noun<limits> T>
void fields(V& v, T& t) {
    v("requests_per_second", t.requests_per_second);
    v("census_keys", t.census_keys);
}

template <class V, noun<environment> T>
void fields(V& v, T& t) {
    v("name", t.name);
    v("role", t.role);
    v("access", t.access);
    v("url", t.url);
    v("tls", t.tls);
    v("basic", t.basic);
    v("instrument", t.instrument);
    v("redis", t.redis);
    v("database", t.database);
    v("limits", t.limits);
    v("identities", t.identities);
    v("commands", t.commands);
}

template <class V, noun<backup_policy> T>
void fields(V& v, T& t) {
    v("keep_ns", t.keep);
    v("key", t.key);
}

}  // namespace understudy::model::detail
