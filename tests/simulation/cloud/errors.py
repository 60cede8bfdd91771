"""Errors as botocore raises them: subclasses of ClientError with the service's answer in `response`."""

from functools import cache
from typing import Any

from botocore.exceptions import ClientError


@cache
def kind(code: str) -> type[ClientError]:
    """Return the exception class of an error code, the same for every client."""
    return type(code, (ClientError,), {})


def error(code: str, operation: str, message: str = "", **more: Any) -> ClientError:
    """Return an error of a service; `more` stands beside `Error` in its answer, as the found `Item` does."""
    answer = {"Error": {"Code": code, "Message": message or code}, **more}
    return kind(code)(answer, operation)


class Exceptions:
    """What a client has as `exceptions`: the errors of its service by name."""

    ClientError = ClientError

    def __init__(self, *codes: str) -> None:
        for code in codes:
            setattr(self, code, kind(code))
