"""Phone numbers: E.164, checked with Google's metadata (libphonenumber)."""

import re

import phonenumbers

# What people write between the digits; letters and extensions cannot be texted.
_SHAPE = re.compile(r"\+[0-9][0-9 ().\-/]{3,30}")


def e164(text: str) -> str:
    """Normalise a number in international form: `+49 151 12345678` becomes `+4915112345678`.

    A number counts if its country and length are possible. Whether its range is assigned is not asked: ranges are
    opened faster than metadata is updated, and the code that is sent to it proves the number better.

    Raises:
        ValueError: this is no such number.
    """
    try:
        number = phonenumbers.parse(text, None) if _SHAPE.fullmatch(text) else None
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not _possible(number):
        raise ValueError("not a phone number in E.164 form, such as +4915112345678")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _possible(number: phonenumbers.PhoneNumber) -> bool:
    # Not is_possible_number: that one also takes numbers that only work within their own area code.
    reason = phonenumbers.is_possible_number_with_reason(number)
    return reason == phonenumbers.ValidationResult.IS_POSSIBLE


def masked(number: str) -> str:
    """Show a number's last three digits only: `***678`."""
    return f"***{number[-3:]}"
