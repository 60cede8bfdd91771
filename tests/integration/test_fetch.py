"""What a company names is fetched from public addresses alone, over TLS, as the name's own, little and soon."""

import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tocsin import fetch, url
from tocsin.fetch import FetchError
from tocsin.settings import settings

PRIVATE = """
0.0.0.0 10.0.0.1 100.64.0.1 127.0.0.1 127.8.8.8 169.254.169.254 172.16.0.1 192.0.0.1 192.0.2.1 192.168.0.1 198.18.0.1
198.51.100.1 203.0.113.1 224.0.0.1 240.0.0.1 255.255.255.255
:: ::1 ::7f00:1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 64:ff9b::7f00:1 64:ff9b::808:808 100::1 2001::1 2001:db8::1
2002:7f00:1::1 2002:808:808::1 5f00::1 fc00::1 fd00:ec2::254 fe80::1 fec0::1 ff02::1
"""


@pytest.mark.parametrize("address", PRIVATE.split())
def test_an_address_that_may_be_ours_is_not_public(address: str) -> None:
    assert not url.public(ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "18.193.0.1", "2a05:d014::1", "2606:4700::1111"])
def test_the_address_of_anybody_is_public(address: str) -> None:
    assert url.public(ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "https://user@example.com/",
        "https://example.com:99999/",
        "https://example.com\\@127.0.0.1/",
        "https://example.com/a b",
        "https://example.com/\r\nHost: other",
        "https://ex\u00e4mple.com/",
        "https:///path",
        "https://example.com/#part",
        "https://[::1%25lo]/",
        "",
    ],
)
def test_a_url_that_could_be_read_in_two_ways_is_not_fetched(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, "8.8.8.8")
    with pytest.raises(FetchError) as refused:
        fetch.get(url)
    assert refused.value.permanent


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["169.254.169.254"], ["::ffff:10.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["2606:4700::1111", "::1"]],
)
def test_a_name_that_leads_into_a_private_network_is_not_connected_to(
    addresses: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    resolving(monkeypatch, *addresses)
    connected = []
    monkeypatch.setattr(socket.socket, "connect", lambda _, where: connected.append(where))
    with pytest.raises(FetchError, match="not public"):
        fetch.get("https://login.example.com/keys")
    assert connected == []


@pytest.mark.parametrize("url", ["https://127.0.0.1/", "https://2130706433/", "https://0x7f.1/", "https://[::1]/"])
def test_an_address_in_any_spelling_is_looked_at_too(url: str) -> None:
    with pytest.raises(FetchError):
        fetch.get(url)


def test_a_name_is_resolved_once_and_that_address_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever answers for the name the second time with another address is not asked a second time (DNS rebinding)."""
    asked = resolving(monkeypatch, "8.8.8.8", then="127.0.0.1")
    connected = []

    def connect(_: socket.socket, where: tuple[str, int]) -> None:
        connected.append(where)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", connect)
    with pytest.raises(FetchError, match="no answer"):
        fetch.get("https://login.example.com:8443/keys")
    assert connected == [("8.8.8.8", 8443)]
    assert asked.count("login.example.com") == 1


def test_what_the_local_stack_allows_is_not_allowed_elsewhere() -> None:
    with pytest.raises(FetchError, match="https"):
        fetch.get("http://127.0.0.1:9/")


def test_a_certificate_must_be_the_names_own(site: Callable[..., str]) -> None:
    site("localhost", OK)
    url = site("somebody-else.example.com", OK)
    with pytest.raises(FetchError, match="no answer"):
        fetch.get(url)


def test_an_answer_over_tls_is_read_with_the_names_own_host_and_sni(site: Callable[..., str]) -> None:
    url = site("localhost", OK)
    assert fetch.get(url) == b"{}"
    port = url.split(":")[2].partition("/")[0]
    assert SEEN["sni"] == "localhost"
    assert f"Host: localhost:{port}\r\n".encode() in SEEN["request"]
    assert SEEN["request"].startswith(b"GET /keys?a=b HTTP/1.1\r\n")


def test_a_certificate_that_nobody_vouches_for_is_refused(
    site: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = site("localhost", OK)
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(FetchError, match="no answer"):
        fetch.get(url)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"HTTP/1.1 302 Found\r\nLocation: https://example.com/\r\nContent-Length: 0\r\n\r\n", "302"),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "404"),
        (b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n", "500"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + b"x" * 300_000, "longer than"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nx", "no answer"),
        (b"what?\r\n\r\n", "no answer"),
    ],
)
def test_only_a_short_and_whole_200_is_an_answer(site: Callable[..., str], answer: bytes, why: str) -> None:
    with pytest.raises(FetchError, match=why):
        fetch.get(site("localhost", answer))


@pytest.mark.parametrize("status", [200, 204, 302, 404, 503])
def test_what_is_posted_is_answered_with_a_status_and_nothing_else_is_read(
    site: Callable[..., str], status: int
) -> None:
    answer = f"HTTP/1.1 {status} So\r\nLocation: https://example.com/\r\nContent-Length: 300000\r\n\r\n"
    assert fetch.post(site("localhost", answer.encode()), b'{"kind": "page"}') == status
    assert SEEN["request"].startswith(b"POST /keys?a=b HTTP/1.1\r\n")
    assert b"Content-Type: application/json\r\n" in SEEN["request"]
    assert SEEN["request"].endswith(b'\r\n\r\n{"kind": "page"}')


def test_what_may_have_been_taken_at_one_address_is_not_handed_to_another(
    site: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    port = int(site("localhost", b"what?\r\n\r\n").split(":")[2].partition("/")[0])
    asked = []
    real = socket.socket.connect
    monkeypatch.setattr(socket.socket, "connect", lambda self, where: (asked.append(where), real(self, where)))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *how, **_: [(2, 1, 6, "", ("127.0.0.1", port))] * 2)
    for ask, times in ((lambda url: fetch.post(url, b"{}"), 1), (fetch.get, 2)):
        asked.clear()
        with pytest.raises(FetchError, match="no answer"):
            ask(f"https://localhost:{port}/")
        assert len(asked) == times


def test_whoever_does_not_answer_is_not_waited_for(site: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "SECONDS", 0.3)
    with pytest.raises(FetchError):
        fetch.get(site("localhost", b""))


def test_who_takes_what_is_posted_has_longer_but_not_for_ever(
    site: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert fetch.SECONDS < fetch.SECONDS_TO_TAKE
    monkeypatch.setattr(fetch, "SECONDS_TO_TAKE", 0.3)
    with pytest.raises(FetchError):
        fetch.post(site("localhost", b""), b"{}")


@pytest.mark.parametrize(
    "head", [b"", b"HTTP/1.1 200 OK\r\nX-Long: ", b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"]
)
def test_whoever_answers_in_a_trickle_keeps_no_thread(head: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOPBACK_URLS", "yes")
    settings.__dict__.clear()
    monkeypatch.setattr(fetch, "SECONDS", 0.3)
    cut = threading.Event()

    def trickle(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with listener, connection, suppress(OSError):
            connection.sendall(head)
            while True:
                connection.sendall(b"x")
                cut.wait(0.05)
        cut.set()

    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=trickle, args=(listener,), daemon=True).start()
    with pytest.raises(FetchError, match="no answer"):
        fetch.get(f"http://127.0.0.1:{listener.getsockname()[1]}/")
    assert cut.wait(2), "who waits no longer hangs up"


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
SEEN: dict[str, Any] = {}


def resolving(monkeypatch: pytest.MonkeyPatch, *addresses: str, then: str | None = None) -> list[str]:
    """Let every name have these addresses, `then` those of the next question. Return the names that are asked for."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def answer(host: str, port: int, *how: Any, **kwargs: Any) -> list[Any]:
        asked.append(host)
        found = addresses if then is None or len(asked) == 1 else (then,)
        return [
            entry
            for address in (found if host.endswith("com") else (host,))
            for entry in real(address, port, *how, **kwargs)
        ]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return asked


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """Make sites on this machine, which is allowed here: `site(name of its certificate, what it answers)`."""
    monkeypatch.setattr(settings, "loopback_urls", True)
    servers: list[tuple[socket.socket, threading.Thread]] = []

    def start(name: str, answer: bytes) -> str:
        certificate = certify(name, tmp_path)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        context.sni_callback = lambda _, sni, __: SEEN.update(sni=sni)
        listener = socket.create_server(("127.0.0.1", 0))
        thread = threading.Thread(target=_serve, args=(listener, context, answer))
        thread.start()
        servers.append((listener, thread))
        return f"https://localhost:{listener.getsockname()[1]}/keys?a=b"

    SEEN.clear()
    yield start
    for listener, thread in servers:
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
        listener.close()


def _serve(listener: socket.socket, context: ssl.SSLContext, answer: bytes) -> None:
    while True:
        try:
            plain, _ = listener.accept()
        except OSError:
            return
        with plain:
            try:
                with context.wrap_socket(plain, server_side=True) as connection:
                    SEEN["request"] = _whole(connection)
                    connection.sendall(answer)
                    if not answer:
                        connection.recv(1)  # until the other side gives up
            except OSError:
                continue


def _whole(connection: ssl.SSLSocket) -> bytes:
    """Return a request with as much of a body as it says that it has."""
    request, length = b"", 0
    while b"\r\n\r\n" not in request or len(request.partition(b"\r\n\r\n")[2]) < length:
        more = connection.recv(4096)
        if not more:
            break
        request += more
        found = re.search(rb"Content-Length: (\d+)", request)
        length = int(found[1]) if found else 0
    return request


def certify(name: str, folder: Path) -> Path:
    """Make a certificate that vouches for itself. Return the file with it and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder(subject, subject, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, SHA256())
    )
    file = folder / f"{name}.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(built.public_bytes(Encoding.PEM) + secret)
    return file
