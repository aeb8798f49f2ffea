"""Certificates made by openssl, and a Redis and a web application that speak TLS with them."""
import pathlib
import ssl
import subprocess
import time

import redis

import input_test as light


def openssl(*words):
    done = subprocess.run(["openssl", *map(str, words)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, f"openssl {words[0]}: {done.stdout}"


class Authority:
    """A certificate authority of its own, in a folder of its own; each certificate it makes is NAME.pem with NAME.key."""

    def __init__(self, folder, name="ca"):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.ca, self.key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", 2,
                "-subj", f"/CN=test {name}", "-keyout", self.key, "-out", self.ca)

    def make(self, name, names="DNS:localhost,IP:127.0.0.1", days=2):
        """The paths of a certificate and its key. Negative days: it has expired."""
        certificate, key, request = (self.folder / f"{name}.{kind}" for kind in ("pem", "key", "csr"))
        extensions = self.folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName={names}\n")
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                "-keyout", key, "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", self.ca, "-CAkey", self.key, "-CAcreateserial", "-days", days,
                "-extfile", extensions, "-out", certificate)
        return certificate, key


class TlsRedis:
    """A redis-server that speaks TLS only, with the ACL user `understudy` beside the default one."""

    def __init__(self, folder, authority, certificate, clients="no", more=()):
        folder.mkdir(parents=True)
        self.port = light.closed_port()
        self.log = folder / "log"
        users = folder / "users.acl"
        users.write_text(f"user default on >{light.REDIS_SECRET} ~* &* +@all\n"
                         f"user understudy on >{light.REDIS_SECRET} resetchannels ~* -@all +@all -@dangerous +info "
                         "+config|get +config|set +restore\n")
        log = self.log.open("w")
        self.process = subprocess.Popen(
            ["redis-server", "--port", "0", "--tls-port", str(self.port), "--bind", "127.0.0.1", "--dir", folder,
             "--save", "", "--appendonly", "no", "--aclfile", users, "--tls-cert-file", certificate[0],
             "--tls-key-file", certificate[1], "--tls-ca-cert-file", authority.ca, "--tls-auth-clients", clients, *more],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        log.close()
        self.client = redis.Redis(port=self.port, password=light.REDIS_SECRET, ssl=True, ssl_ca_certs=str(authority.ca),
                                  ssl_certfile=str(certificate[0]), ssl_keyfile=str(certificate[1]),
                                  ssl_check_hostname=False)
        deadline = time.monotonic() + 20
        while True:
            if f"port={self.port}" in self.log.read_text() or "Ready to accept" in self.log.read_text():
                return
            assert time.monotonic() < deadline and self.process.poll() is None, self.log.read_text()
            time.sleep(0.02)

    def close(self):
        self.client.close()
        self.process.terminate()
        self.process.wait(10)


def speak_tls(app, certificate, authority=None):
    """Makes the application of input_test speak TLS from now on; with an authority it wants to see a client's
    certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate[0], certificate[1])
    if authority:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(authority.ca)
    app.server.socket = context.wrap_socket(app.server.socket, server_side=True)
    return app
