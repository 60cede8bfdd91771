import base64
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.sources import sns
from tocsin.sources.sns import SignatureError

NOW = datetime(2026, 11, 22, 20, 28, tzinfo=UTC)
URL = "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0123abcd.pem"
KEY = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
NOTIFICATION = {
    "Type": "Notification",
    "MessageId": "95df01b4-ee98-5cb9-9903-4c221d41eb5e",
    "TopicArn": "arn:aws:sns:eu-central-1:123456789012:alarms",
    "Subject": "ALARM",
    "Message": '{"AlarmName":"caf\u00e9"}\n',
    "Timestamp": "2026-11-22T20:28:28.173Z",
}
CONFIRMATION = {
    **{name: value for name, value in NOTIFICATION.items() if name != "Subject"},
    "Type": "SubscriptionConfirmation",
    "Token": "2336412f37fb687f5d51e6e2425c464de257eb8b",
    "SubscribeURL": "https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription",
}


def certificate(key: Any) -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns.amazonaws.com")])
    built = (
        x509.CertificateBuilder(subject_name=name, issuer_name=name, public_key=key.public_key(), serial_number=1)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .sign(key, SHA256())
    )
    return built.public_bytes(Encoding.PEM)


PEM = certificate(KEY)


def signed(message: dict[str, Any], version: str = "2") -> dict[str, Any]:
    # Built here from the developer guide, not by the code under test.
    names = sorted(
        {"Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"} & {*message}
    )
    text = "".join(f"{name}\n{message[name]}\n" for name in names)
    signature = KEY.sign(text.encode(), PKCS1v15(), SHA1() if version == "1" else SHA256())  # noqa: S303 - version 1
    return {**message, "SignatureVersion": version, "Signature": base64.b64encode(signature).decode()}


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize(
    "message",
    [
        NOTIFICATION,
        {name: value for name, value in NOTIFICATION.items() if name != "Subject"},
        {**NOTIFICATION, "Message": "", "Subject": ""},
        CONFIRMATION,
        {**CONFIRMATION, "Type": "UnsubscribeConfirmation"},
    ],
)
def test_what_sns_signed_is_accepted(message: dict[str, Any], version: str) -> None:
    sns.verify(signed(message, version), PEM, at=NOW)
    sns.verify({**signed(message, version), "UnsubscribeURL": "https://example.com", "New": 1}, PEM)


@pytest.mark.parametrize("field", ["Message", "MessageId", "Subject", "Timestamp", "TopicArn"])
def test_a_changed_field_is_noticed(field: str) -> None:
    message = signed(NOTIFICATION)
    with pytest.raises(SignatureError, match="does not belong to this message"):
        sns.verify({**message, field: message[field] + "x"}, PEM)


@pytest.mark.parametrize("field", ["Message", "SubscribeURL", "Timestamp", "Token", "TopicArn"])
def test_a_changed_confirmation_is_noticed(field: str) -> None:
    message = signed(CONFIRMATION)
    with pytest.raises(SignatureError, match="does not belong to this message"):
        sns.verify({**message, field: message[field] + "x"}, PEM)


def test_a_subject_cannot_be_added_or_taken_away() -> None:
    message = signed(NOTIFICATION)
    bare = signed({name: value for name, value in NOTIFICATION.items() if name != "Subject"})
    for forged in ({**bare, "Subject": "x"}, {**message, "Subject": None}):
        with pytest.raises(SignatureError, match="does not belong"):
            sns.verify(forged, PEM)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"SignatureVersion": "1"}, "does not belong"),
        ({"SignatureVersion": "3"}, "SignatureVersion"),
        ({"SignatureVersion": None}, "SignatureVersion"),
        ({"Signature": "FAKE!"}, "Signature is missing"),
        ({"Signature": None}, "Signature is missing"),
        ({"Signature": "\u00e9"}, "Signature is missing"),
        ({"Signature": ""}, "does not belong"),
        ({"Type": "Other"}, "Type"),
        ({"Type": ["Notification"]}, "Type"),
        ({"Message": None}, "Message is missing"),
        ({"MessageId": 5}, "MessageId is missing"),
        ({"Message": "\ud800"}, "does not belong"),
    ],
)
def test_what_cannot_be_checked_is_refused_with_the_reason(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(SignatureError, match=reason):
        sns.verify({**signed(NOTIFICATION), **change}, PEM)


def test_a_certificate_of_another_key_or_none_is_refused() -> None:
    other = certificate(rsa.generate_private_key(public_exponent=65_537, key_size=2_048))
    for pem, reason in (
        (other, "does not belong"),
        (certificate(ec.generate_private_key(ec.SECP256R1())), "not an RSA key"),
        (b"<html>", "no certificate"),
        (b"", "no certificate"),
    ):
        with pytest.raises(SignatureError, match=reason):
            sns.verify(signed(NOTIFICATION), pem)


def test_a_certificate_counts_within_its_dates() -> None:
    with pytest.raises(SignatureError, match="not valid at this time"):
        sns.verify(signed(NOTIFICATION), PEM, at=NOW - timedelta(days=2))


@settings(max_examples=50)
@given(
    st.dictionaries(st.sampled_from([*NOTIFICATION, "Signature", "SignatureVersion"]), st.none() | st.text(max_size=5))
)
def test_any_message_is_refused_without_another_error(change: dict[str, Any]) -> None:
    message = {**NOTIFICATION, "SignatureVersion": "2", "Signature": "AAAA", **change}
    with pytest.raises(SignatureError):
        sns.verify(message, PEM)


@pytest.mark.parametrize(
    "url",
    [
        URL,
        URL.replace(".com/", ".com:443/"),
        "https://sns.cn-north-1.amazonaws.com.cn/a.pem",
        URL.replace("eu-central", "us-gov-west"),
    ],
)
def test_a_certificate_of_sns_is_allowed(url: str) -> None:
    assert sns.certificate_host_allowed(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://sns.eu-central-1.amazonaws.com/a.pem",
        "https://sns.eu-central-1.amazonaws.com/a.pem?x=1",
        "https://sns.eu-central-1.amazonaws.com/a.pem#x",
        "https://sns.eu-central-1.amazonaws.com/?a.pem",
        "https://sns.eu-central-1.amazonaws.com/a.txt",
        "https://sns.eu-central-1.amazonaws.com/.pem\n",
        "https://sns.eu-central-1.amazonaws.com:8443/a.pem",
        "https://sns.eu-central-1.amazonaws.com.evil.com/a.pem",
        "https://sns.eu-central-1.amazonaws.com@evil.com/a.pem",
        "https://user@sns.eu-central-1.amazonaws.com/a.pem",
        "https://evil.com/sns.eu-central-1.amazonaws.com/a.pem",
        "https://sns.a.b.amazonaws.com/a.pem",
        "https://sns..amazonaws.com/a.pem",
        "https://xsns.eu-central-1.amazonaws.com/a.pem",
        "https://sns.eu-central-1.amazonaws.co/a.pem",
        "https://sns.eu-central-1.amazonaws.com\\@evil.com/a.pem",
        "https://sns.eu-central-1.amazonaws.com%2eevil.com/a.pem",
        "https:\n//sns.eu-central-1.amazonaws.com/a.pem",
        "https://[::1]/a.pem",
        "file:///etc/a.pem",
        None,
        5,
    ],
)
def test_anything_else_is_not(url: Any) -> None:
    assert not sns.certificate_host_allowed(url)


def test_a_foreign_url_is_never_asked() -> None:
    with pytest.raises(SignatureError, match="not a certificate of SNS"):
        sns.fetch_certificate("https://evil.example/a.pem")


class Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status, body, headers = {
            "/a.pem": (200, PEM, {}),
            "/long.pem": (200, b"x" * 70_000, {}),
            "/moved.pem": (302, b"", {"Location": "/a.pem"}),
            "/busy.pem": (503, b"", {}),
        }.get(self.path, (404, b"", {}))
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        """Say nothing."""


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    chain: Path = tmp_path_factory.mktemp("host") / "chain.pem"
    chain.write_bytes(KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + PEM)
    server = HTTPServer(("127.0.0.1", 0), Answers)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"https://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def download(url: str) -> bytes:
    trust = ssl.create_default_context(cadata=PEM.decode())
    trust.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return sns._download(url, timeout=5, limit=65_536, trust=trust)


def test_a_certificate_is_fetched(host: str) -> None:
    assert download(f"{host}/a.pem") == PEM


@pytest.mark.parametrize("path", ["/missing.pem", "/moved.pem", "/long.pem"])
def test_what_is_missing_elsewhere_or_too_long_is_no_certificate(host: str, path: str) -> None:
    with pytest.raises(SignatureError, match="certificate"):
        download(host + path)


def test_a_host_in_trouble_is_not_the_senders_fault(host: str) -> None:
    with pytest.raises(OSError, match="503"):
        download(f"{host}/busy.pem")
    with pytest.raises(OSError):  # noqa: PT011 - any failure of the network
        sns._download("https://127.0.0.1:1/a.pem", timeout=1, limit=10)
