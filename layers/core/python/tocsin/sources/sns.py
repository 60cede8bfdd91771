"""SNS over HTTPS: is this message really from SNS?

Amazon SNS developer guide, "Verifying the signatures of Amazon SNS messages": a string of the message's fields is
signed with RSA over SHA-1 (version 1) or SHA-256 (version 2), by a key whose certificate stands under `SigningCertURL`.
Trust rests on the host that the certificate is fetched from, so that is checked to the letter.
"""

import base64
import http.client
import re
import ssl
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from http import HTTPStatus
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPDefaultErrorHandler, HTTPErrorProcessor, HTTPSHandler, OpenerDirector, Request

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.x509 import Certificate, load_pem_x509_certificate

from tocsin.errors import Forbidden

_CONFIRMATION = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": _CONFIRMATION,
    "UnsubscribeConfirmation": _CONFIRMATION,
}
_HASHES: dict[str, type[SHA1] | type[SHA256]] = {"1": SHA1, "2": SHA256}
# A Region's name in full: `sns.s3.amazonaws.com` is a bucket named sns, and anybody's.
_HOST = re.compile(r"sns\.[a-z]{2}(?:-[a-z]+)+-[0-9]+\.amazonaws\.com(?:\.cn)?(?::443)?")


class SignatureError(Forbidden):
    """403: the message is not signed by SNS; `reason` says why not."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"The message's signature is not valid: {reason}.")
        self.reason = reason


def verify(message: Mapping[str, Any], certificate_pem: bytes, *, at: datetime | None = None) -> None:
    """Check a message's signature against a certificate, and the certificate's dates if a time is given.

    Raises:
        SignatureError: the message is not as it was signed, or cannot be checked.
    """
    algorithm = _HASHES.get(str(message.get("SignatureVersion")))
    if algorithm is None:
        raise SignatureError("SignatureVersion is neither 1 nor 2")
    certificate = _certificate(certificate_pem)
    if at and not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
        raise SignatureError("the certificate is not valid at this time")
    key = certificate.public_key()
    if not isinstance(key, RSAPublicKey):
        raise SignatureError("the certificate's key is not an RSA key")
    try:
        # SHA-1 is what version 1 is: the sender's topic decides, not we.
        key.verify(_signature(message), string_to_sign(message), PKCS1v15(), algorithm())
    except InvalidSignature:
        raise SignatureError("it does not belong to this message") from None


def string_to_sign(message: Mapping[str, Any]) -> bytes:
    r"""Return what SNS signs: `name\nvalue\n` of each field that counts for the message's type, by name.

    Raises:
        SignatureError: the type is unknown, or a field is missing or no text.
    """
    names = _SIGNED.get(str(message.get("Type")))
    if names is None:
        raise SignatureError("Type is not one of " + ", ".join(_SIGNED))
    # Only a notification may come without a subject; then the name is left out too.
    names = tuple(name for name in names if name != "Subject" or message.get("Subject") is not None)
    missing = [name for name in names if not isinstance(message.get(name), str)]
    if missing:
        raise SignatureError(f"{missing[0]} is missing")
    try:
        return "".join(f"{name}\n{message[name]}\n" for name in names).encode()
    except UnicodeEncodeError:
        raise SignatureError("it does not belong to this message") from None


def certificate_host_allowed(url: str) -> bool:
    """Tell whether a certificate under this URL can only be SNS's own: HTTPS, `sns.<region>.amazonaws.com`, `.pem`."""
    # Checked before parsing: parsers differ in what they pass over, such as white space and backslashes.
    if not isinstance(url, str) or not re.fullmatch(r"https://[a-z0-9.:-]+/[A-Za-z0-9/._-]+\.pem", url):
        return False
    return bool(_HOST.fullmatch(urlsplit(url).netloc))


@lru_cache(maxsize=16)
def fetch_certificate(url: str, *, timeout: float = 3.0, limit: int = 65_536) -> bytes:
    """Fetch a certificate (PEM) and keep it: SNS gives a new one a new URL. `timeout` in seconds, `limit` in bytes.

    Raises:
        SignatureError: the URL is not SNS's, or has no certificate.
        OSError: it cannot be fetched at present; the sender may try again.
    """
    if not certificate_host_allowed(url):
        raise SignatureError("SigningCertURL is not a certificate of SNS")
    return _download(url, timeout=timeout, limit=limit)


def _download(url: str, *, timeout: float, limit: int, trust: ssl.SSLContext | None = None) -> bytes:
    opener = OpenerDirector()  # not build_opener: HTTPS alone, and no redirects
    for handler in (HTTPSHandler(context=trust), HTTPErrorProcessor(), HTTPDefaultErrorHandler()):
        opener.add_handler(handler)
    try:
        with opener.open(Request(url), timeout=timeout) as response:  # noqa: S310 - the opener knows HTTPS alone
            data: bytes = response.read(limit + 1)
    except HTTPError as error:
        error.close()
        if error.code >= HTTPStatus.INTERNAL_SERVER_ERROR or error.code == HTTPStatus.TOO_MANY_REQUESTS:
            raise OSError(f"the certificate's host answered {error.code}") from None
        raise SignatureError("there is no certificate under SigningCertURL") from None
    except http.client.HTTPException as error:
        raise OSError("the certificate's host broke off") from error
    if len(data) > limit:
        raise SignatureError("what stands under SigningCertURL is no certificate")
    return data


def _certificate(pem: bytes) -> Certificate:
    try:
        return load_pem_x509_certificate(pem)
    except ValueError:
        raise SignatureError("what stands under SigningCertURL is no certificate") from None


def _signature(message: Mapping[str, Any]) -> bytes:
    try:
        return base64.b64decode(message["Signature"], validate=True)
    except (KeyError, TypeError, ValueError):
        raise SignatureError("Signature is missing or not base64") from None
