"""The key with which the embedded AWS signs SNS messages, and the signature itself.

SNS message signatures: AWS SNS developer guide, "Verifying the signatures of Amazon SNS messages".
"""

import base64
import datetime as dt
import hashlib
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

SIGNED_OF_NOTIFICATION = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
SIGNED_OF_CONFIRMATION = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")


class SigningKey(NamedTuple):
    """A private key and its certificate, PEM, and the address from which SNS would hand out the certificate."""

    private_key: str
    certificate: str
    url: str


def signing_key(folder: Path) -> SigningKey:
    """The key of this folder, made if it is not there yet. Readable by its owner alone."""
    key_file, certificate_file = folder / "key.pem", folder / "certificate.pem"
    if not (key_file.exists() and certificate_file.exists()):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        key, certificate = _made()
        key_file.touch(mode=0o600)
        key_file.write_bytes(key)
        certificate_file.write_bytes(certificate)
    certificate = certificate_file.read_bytes()
    return SigningKey(key_file.read_text(), certificate.decode(), _url(certificate))


def _url(certificate: bytes) -> str:
    # SNS names its certificates by 32 hex digits.
    return f"https://sns.us-east-1.amazonaws.com/SimpleNotificationService-{hashlib.sha256(certificate).hexdigest()[:32]}.pem"


def _made() -> tuple[bytes, bytes]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=3650))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private, certificate.public_bytes(serialization.Encoding.PEM)


def string_to_sign(message: Mapping[str, Any]) -> bytes:
    """Names and values of the signed fields that are there, one a line, as SNS documents it."""
    names = SIGNED_OF_NOTIFICATION if message["Type"] == "Notification" else SIGNED_OF_CONFIRMATION
    present = [name for name in names if message.get(name) is not None]
    return "".join(f"{name}\n{message[name]}\n" for name in present).encode()


def sign(message: MutableMapping[str, Any], key: SigningKey, version: str = "1") -> None:
    """Sign an SNS message in place. Version 1 is SHA1withRSA, version 2 SHA256withRSA."""
    private = serialization.load_pem_private_key(key.private_key.encode(), password=None)
    if not isinstance(private, rsa.RSAPrivateKey):
        raise TypeError("SNS signs with RSA")
    digest = hashes.SHA1() if version == "1" else hashes.SHA256()  # noqa: S303  # the protocol's own first version
    signature = private.sign(string_to_sign(message), padding.PKCS1v15(), digest)
    message.update(SignatureVersion=version, Signature=base64.b64encode(signature).decode(), SigningCertURL=key.url)
