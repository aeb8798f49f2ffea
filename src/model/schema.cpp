// checklist A new key of understudy.toml or of change files also needs: a property here (with `required` where the
//           reader needs it), and a file in corpus/model/good that has it. tests/tree/schema.py fails until both are
//           there: it holds the names that the readers ask for against the properties, and the corpus against both.
//
// Only keywords that draft 7 has as well are used, for editors are slow to follow; "additionalProperties" is false
// wherever a table has keys of ours, since the readers take no unknown key.
#include "model/schema.h"

namespace understudy::model {

std::string_view project_schema() {
    return R"schema({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "$id": "urn:understudy:schema:project:1",
  "title": "understudy.toml",
  "description": "Which environments there are, what may be done to them, and which routes matter.",
  "type": "object",
  "additionalProperties": false,
  "required": ["format", "environments"],
  "properties": {
    "format": { "const": 1, "description": "Of this file." },
    "runs": { "$ref": "#/$defs/line", "default": "understudy-runs", "description": "Folder for run folders, below the folder of this file." },
    "backups": {
      "type": "object",
      "additionalProperties": false,
      "description": "Backups of keys that a rehearsal touches; they hold values of your users.",
      "properties": {
        "keep": { "$ref": "#/$defs/time", "default": "7d", "description": "How long backups are kept." },
        "key": { "$ref": "#/$defs/secret", "description": "Passphrase that encrypts backups." }
      }
    },
    "drift": {
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "accept": {
          "type": "object",
          "additionalProperties": { "$ref": "#/$defs/text" },
          "description": "A setting, version, or what diff calls a difference, and the reason why it may be there."
        },
        "look": {
          "type": "string",
          "description": "For so long doctor and the preflight look at the keys of production and of staging, to tell parity: \"5s\". Without it they do not."
        }
      }
    },
    "environments": {
      "type": "object",
      "minProperties": 1,
      "propertyNames": { "$ref": "#/$defs/name" },
      "additionalProperties": { "$ref": "#/$defs/environment" },
      "description": "A rehearsal needs one of role production and one of role staging."
    },
    "routes": {
      "type": "object",
      "propertyNames": { "$ref": "#/$defs/name" },
      "additionalProperties": { "$ref": "#/$defs/route" }
    }
  },
  "$defs": {
    "line": { "type": "string", "pattern": "^[^\\u0000-\\u001f\\u007f]*$", "maxLength": 4096 },
    "text": { "type": "string", "pattern": "^[^\\u0000-\\u001f\\u007f]+$", "maxLength": 4096 },
    "name": { "type": "string", "pattern": "^[A-Za-z0-9_][A-Za-z0-9_-]{0,63}$" },
    "time": { "type": "string", "pattern": "^[0-9]+(ms|s|m|h|d)$" },
    "path": { "type": "string", "pattern": "^/([^/]|$)" },
    "secret": {
      "type": "string",
      "pattern": "^(\\$\\{[A-Za-z_][A-Za-z0-9_]*\\}|file:.+)$",
      "description": "${NAME}, an environment variable, or file:PATH, the first line of a file. A literal secret is refused."
    },
    "tls": {
      "type": "object",
      "additionalProperties": false,
      "description": "Paths are relative to the folder of this file. The server is always verified.",
      "properties": {
        "ca": { "$ref": "#/$defs/text", "description": "Certificates of the authority; by default the system's." },
        "cert": { "$ref": "#/$defs/text", "description": "Our own certificate, where the server asks for one." },
        "key": { "$ref": "#/$defs/text" },
        "server_name": { "$ref": "#/$defs/text", "description": "The name in the server's certificate, where it is not the host's." }
      },
      "dependentRequired": { "cert": ["key"], "key": ["cert"] }
    },
    "environment": {
      "type": "object",
      "additionalProperties": false,
      "required": ["role", "url", "redis"],
      "properties": {
        "role": { "enum": ["production", "staging", "scratch"] },
        "access": { "enum": ["read-only", "read-write"], "description": "What may be done to it; production is read-only by default, the others read-write." },
        "scale": { "type": "string", "pattern": "^1/[1-9][0-9]{0,6}$", "description": "How much of production it is meant to hold, as 1/10." },
        "url": { "type": "string", "pattern": "^https?://[^/?#@]+/*$", "description": "Where the application answers; without user, path, query and fragment." },
        "tls": { "$ref": "#/$defs/tls", "description": "Of an https url." },
        "redis": {
          "type": ["object", "string"],
          "pattern": "^(redis|rediss|unix)://([^:@/?]*(:\\$\\{[A-Za-z_][A-Za-z0-9_]*\\})?@)?[^@]*$",
          "additionalProperties": false,
          "description": "A URL, or a table.",
          "properties": {
            "url": { "type": "string", "pattern": "^(redis|rediss|unix)://([^:@/?]*(:\\$\\{[A-Za-z_][A-Za-z0-9_]*\\})?@)?[^@]*$" },
            "host": { "$ref": "#/$defs/text" },
            "port": { "type": "integer", "minimum": 1, "maximum": 65535, "default": 6379 },
            "unix": { "$ref": "#/$defs/text", "description": "Path of a socket, instead of host and port." },
            "database": { "type": "integer", "minimum": 0, "maximum": 1000000, "default": 0 },
            "username": { "$ref": "#/$defs/line", "description": "Wants a password." },
            "password": { "$ref": "#/$defs/secret" },
            "tls": { "$ref": "#/$defs/tls" },
            "sentinels": { "type": "array", "minItems": 1, "items": { "type": "string" }, "description": "host:port of each sentinel (26379), instead of host and port." },
            "master": { "$ref": "#/$defs/text", "description": "The name that the sentinels know the primary by." },
            "sentinel_username": { "$ref": "#/$defs/line" },
            "sentinel_password": { "$ref": "#/$defs/secret" }
          },
          "if": { "type": "object" },
          "then": {
            "oneOf": [
              { "required": ["url"] },
              { "required": ["host"] },
              { "required": ["unix"], "not": { "required": ["port"] } },
              { "required": ["sentinels", "master"], "not": { "required": ["port"] } }
            ]
          }
        },
        "database": {
          "type": "object",
          "additionalProperties": false,
          "required": ["kind", "name", "username"],
          "description": "The application's database, whose own counters are asked; nothing is asked of it on production.",
          "properties": {
            "kind": { "enum": ["postgresql", "mariadb", "mysql"] },
            "host": { "$ref": "#/$defs/text" },
            "port": { "type": "integer", "minimum": 1, "maximum": 65535, "description": "5432, or 3306." },
            "unix": { "$ref": "#/$defs/text", "description": "PostgreSQL: the folder of its socket. MariaDB, MySQL: the socket." },
            "name": { "$ref": "#/$defs/text" },
            "username": { "$ref": "#/$defs/text" },
            "password": { "$ref": "#/$defs/secret" },
            "ca": { "$ref": "#/$defs/text", "description": "Certificates of the authority; TLS is then a must." }
          },
          "oneOf": [{ "required": ["host"] }, { "required": ["unix"] }]
        },
        "basic": {
          "type": "object",
          "additionalProperties": false,
          "required": ["username", "password"],
          "description": "HTTP basic in front of the application.",
          "properties": {
            "username": { "type": "string", "pattern": "^[^:]+$" },
            "password": { "$ref": "#/$defs/secret" }
          }
        },
        "instrument": {
          "type": "object",
          "additionalProperties": false,
          "required": ["secret"],
          "description": "What makes the application report its database calls.",
          "properties": {
            "header": { "$ref": "#/$defs/text", "default": "X-Understudy" },
            "secret": { "$ref": "#/$defs/secret" }
          }
        },
        "limits": {
          "type": "object",
          "additionalProperties": false,
          "properties": {
            "requests_per_second": { "type": "number", "minimum": 0, "maximum": 1000000, "description": "Of measure; 0 is no limit, and not allowed on production." },
            "census_keys": { "type": "integer", "minimum": 0, "default": 500000, "description": "With more keys than this, keys elsewhere are not compared." }
          }
        },
        "identities": {
          "type": "object",
          "propertyNames": { "$ref": "#/$defs/name", "not": { "const": "anonymous" } },
          "additionalProperties": { "$ref": "#/$defs/identity" },
          "description": "Who can be asked as; anonymous is always there and is not declared."
        },
        "commands": {
          "type": "object",
          "propertyNames": { "$ref": "#/$defs/name" },
          "additionalProperties": { "$ref": "#/$defs/command" },
          "description": "deploy, rollback, release and health have a meaning of their own."
        }
      }
    },
    "identity": {
      "type": "object",
      "additionalProperties": false,
      "required": ["logged_in_when"],
      "oneOf": [{ "required": ["login"] }, { "required": ["header"] }, { "required": ["cookie"] }],
      "properties": {
        "login": {
          "type": "object",
          "additionalProperties": false,
          "required": ["form", "username", "password"],
          "properties": {
            "form": { "$ref": "#/$defs/path", "description": "Path of the login page, which is also where the form goes." },
            "username": { "$ref": "#/$defs/text" },
            "password": { "$ref": "#/$defs/secret" },
            "csrf": { "$ref": "#/$defs/line", "description": "Name of the hidden field whose value is sent back." },
            "username_field": { "$ref": "#/$defs/text", "default": "username" },
            "password_field": { "$ref": "#/$defs/text", "default": "password" }
          }
        },
        "header": {
          "type": "object",
          "additionalProperties": false,
          "required": ["name", "value"],
          "properties": {
            "name": { "type": "string", "pattern": "^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$" },
            "value": { "$ref": "#/$defs/secret" }
          }
        },
        "cookie": { "$ref": "#/$defs/secret", "description": "What is sent as Cookie." },
        "logged_in_when": {
          "type": "object",
          "additionalProperties": false,
          "required": ["path"],
          "description": "A page that only this identity gets so.",
          "properties": {
            "path": { "$ref": "#/$defs/path" },
            "status": { "type": "integer", "minimum": 100, "maximum": 599, "default": 200 },
            "contains": { "$ref": "#/$defs/line" }
          }
        },
        "marker": { "$ref": "#/$defs/text", "minLength": 1, "description": "A text of at least four bytes that nobody but this identity may ever see." }
      }
    },
    "command": {
      "type": "object",
      "additionalProperties": false,
      "required": ["run"],
      "properties": {
        "run": { "type": "array", "minItems": 1, "items": { "$ref": "#/$defs/line" }, "description": "Program and arguments, run without a shell; {name} stands for an argument." },
        "arguments": {
          "type": "object",
          "propertyNames": { "pattern": "^[a-z0-9_]+$", "not": { "enum": ["release", "command", "none"] } },
          "additionalProperties": { "type": "string", "maxLength": 200 },
          "description": "Name and pattern (ECMAScript regular expression) that the whole value must match."
        },
        "folder": { "$ref": "#/$defs/line", "default": "." },
        "timeout": { "$ref": "#/$defs/time", "default": "60s" },
        "environment": { "type": "array", "items": { "type": "string", "pattern": "^[^= ]+(=.*)?$" }, "description": "NAME is passed on, NAME=value is set; nothing else is seen." }
      }
    },
    "route": {
      "type": "object",
      "additionalProperties": false,
      "required": ["path"],
      "properties": {
        "path": { "$ref": "#/$defs/path", "description": "May hold {placeholders}." },
        "inputs": { "type": "array", "items": { "type": "object", "additionalProperties": { "$ref": "#/$defs/text" } }, "description": "Values for the placeholders, taken in turn." },
        "as": { "type": "array", "minItems": 1, "uniqueItems": true, "items": { "type": "string" }, "default": ["anonymous"] },
        "keys": { "type": "array", "items": { "type": "string", "pattern": "^[^*]" }, "description": "Patterns of the Redis keys that the page lives on." },
        "cache": {
          "type": "object",
          "additionalProperties": false,
          "description": "What its owner says of caches; checklist holds the answers to it.",
          "properties": {
            "stored_for": { "type": "array", "items": { "type": "string" }, "description": "Identities that a cache may answer; nobody else." },
            "max_age": { "$ref": "#/$defs/time", "description": "The longest that an answer may be kept." },
            "bypass": {
              "type": "array",
              "description": "Requests that must reach the application.",
              "items": {
                "type": "object",
                "additionalProperties": false,
                "minProperties": 1,
                "maxProperties": 1,
                "properties": {
                  "cookie": { "$ref": "#/$defs/text" },
                  "header": { "$ref": "#/$defs/text" },
                  "query": { "$ref": "#/$defs/text" }
                }
              }
            },
            "cached": { "type": "array", "items": { "$ref": "#/$defs/path" }, "description": "Example pages that must be cached." },
            "not_cached": { "type": "array", "items": { "$ref": "#/$defs/path" }, "description": "And that must not." }
          }
        },
        "limits": {
          "type": "object",
          "additionalProperties": false,
          "properties": {
            "cold": { "$ref": "#/$defs/time" },
            "warm": { "$ref": "#/$defs/time" }
          }
        }
      }
    }
  }
}
)schema";
}

std::string_view change_schema() {
    return R"schema({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "$id": "urn:understudy:schema:change:1",
  "title": "Change file of Understudy",
  "description": "One file, one change: who owns it, why, what is done, and what is expected of it.",
  "type": "object",
  "additionalProperties": false,
  "required": ["format", "owner", "reason", "route", "symptom", "noticed", "step", "expect"],
  "if": { "required": ["step"], "properties": { "step": { "required": ["command"] } } },
  "then": { "required": ["rollback"], "properties": { "rollback": { "anyOf": [{ "required": ["command"] }, { "required": ["none"] }] } } },
  "properties": {
    "format": { "const": 1, "description": "Of this file." },
    "owner": { "$ref": "#/$defs/text", "description": "Who answers for it." },
    "reason": { "$ref": "#/$defs/lines" },
    "route": { "$ref": "#/$defs/text", "description": "The route that it is about." },
    "input": { "type": "object", "additionalProperties": { "$ref": "#/$defs/text" }, "description": "What was asked when it was noticed." },
    "symptom": { "$ref": "#/$defs/lines", "description": "The slow query or the failing command." },
    "noticed": { "$ref": "#/$defs/lines", "description": "Where users notice." },
    "purge": { "type": "array", "items": { "type": "string", "pattern": "^[^*]" }, "default": [], "description": "Key patterns of what the change affects; * is any run of bytes, \\* a star." },
    "controls": { "type": "array", "uniqueItems": true, "items": { "type": "string" }, "default": [], "description": "Routes that must not move." },
    "no_key_backup": { "$ref": "#/$defs/text", "description": "The reason why no keys are backed up; the proof then says: settings only." },
    "step": {
      "type": "object",
      "additionalProperties": false,
      "minProperties": 1,
      "maxProperties": 1,
      "description": "Exactly one thing to change.",
      "properties": {
        "deploy": {
          "type": "object",
          "properties": { "command": { "$ref": "#/$defs/text", "default": "deploy", "description": "Of the environment's commands." } },
          "not": { "required": ["none"] },
          "additionalProperties": { "type": "string" },
          "description": "Arguments of the environment's command."
        },
        "redis_config": {
          "type": "object",
          "additionalProperties": false,
          "required": ["setting", "value"],
          "description": "CONFIG SET; undone by the value that it had.",
          "properties": {
            "setting": { "type": "string", "pattern": "^[a-z0-9-]{1,64}$" },
            "value": { "$ref": "#/$defs/line" }
          }
        },
        "expire": {
          "type": "object",
          "additionalProperties": false,
          "required": ["pattern"],
          "oneOf": [{ "required": ["set"] }, { "required": ["at_most"] }, { "required": ["persist"] }],
          "description": "The time to live of keys; undone by the expiry that each of them had.",
          "properties": {
            "pattern": { "type": "string", "pattern": "^[^*]" },
            "set": { "$ref": "#/$defs/time", "description": "Every key expires in so long." },
            "at_most": { "$ref": "#/$defs/time", "description": "Keys that would live longer, or for ever, expire in so long." },
            "persist": { "const": true, "description": "Keys do not expire." }
          }
        },
        "command": {
          "type": "object",
          "required": ["command"],
          "properties": { "command": { "$ref": "#/$defs/text", "description": "Of the environment's commands." } },
          "not": { "required": ["none"] },
          "additionalProperties": { "type": "string" },
          "description": "A command of the environment, undone by the one that rollback names."
        }
      }
    },
    "rollback": {
      "type": "object",
      "description": "How a deploy is undone: a command with its arguments, or none with the reason why there is no way back.",
      "properties": {
        "command": { "$ref": "#/$defs/text", "default": "rollback" },
        "none": { "$ref": "#/$defs/text" }
      },
      "if": { "required": ["none"] },
      "then": { "maxProperties": 1 },
      "additionalProperties": { "type": "string" }
    },
    "expect": {
      "type": "array",
      "minItems": 1,
      "items": {
        "type": "object",
        "additionalProperties": false,
        "required": ["metric"],
        "oneOf": [{ "required": ["change"] }, { "required": ["value"] }],
        "properties": {
          "metric": { "enum": ["response_time", "error_rate", "cache_status", "database_calls"] },
          "route": { "type": "string", "description": "By default that of the change." },
          "as": { "type": "string" },
          "state": { "enum": ["cold", "warm"], "default": "warm" },
          "change": { "type": "string", "pattern": "^ *(same|(<=|>=) *([+-][0-9.]+|0(\\.0*)?) *(%|us|ms|s|calls?|points?)) *$", "description": "After against before: \"same\", \"<= -50%\", \"<= +5 ms\"; a change is written with its sign." },
          "value": { "type": "string", "pattern": "^ *(<=|>=) *[0-9.]+ *(%|us|ms|s|calls?)? *$", "description": "After alone: \"<= 200 ms\", \">= 90%\"." },
          "margin": { "type": "string", "pattern": "^ *[0-9.]+ *(%|calls?|points?)? *$", "description": "How far is still the same." },
          "primary": { "type": "boolean", "default": false, "description": "Exactly one decides; a single one does by itself." },
          "critical": { "type": "boolean", "default": false, "description": "Worse than its margin makes the whole run worse." }
        }
      }
    },
    "effort": {
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "blocks": { "type": "integer", "minimum": 2, "maximum": 64, "multipleOf": 2, "default": 12, "description": "Pairs of before and after." },
        "warm": { "type": "integer", "minimum": 1, "maximum": 1000, "default": 10 },
        "cold": { "type": "integer", "minimum": 0, "maximum": 100, "default": 2 }
      }
    }
  },
  "$defs": {
    "line": { "type": "string", "pattern": "^[^\\u0000-\\u001f\\u007f]*$", "maxLength": 4096 },
    "text": { "type": "string", "pattern": "^[^\\u0000-\\u001f\\u007f]+$", "maxLength": 4096 },
    "time": { "type": "string", "pattern": "^[0-9]+(ms|s|m|h|d)$" },
    "lines": { "type": "string", "minLength": 1, "maxLength": 65536 }
  }
}
)schema";
}

}  // namespace understudy::model
