"""E-mail addresses that a page can be sent to."""

import email_validator


def address(text: str) -> str:
    """Check a bare address (no display name, no quotes, nothing that could end a header) and lower-case its domain.

    SES takes ASCII alone: a domain in another script is written in Punycode, such a local part is refused. DNS is not
    asked: the code that is sent there proves the address. `.test` domains are taken, since they reach nobody.

    Raises:
        ValueError: why this is no such address.
    """
    try:
        # In what the library calls a test environment, no DNS is asked either.
        checked = email_validator.validate_email(text, strict=True, allow_smtputf8=False, test_environment=True)
    except email_validator.EmailNotValidError as error:
        raise ValueError(f"not an e-mail address: {error}") from None
    return f"{checked.local_part}@{checked.ascii_domain}"


def masked(address: str) -> str:
    """Show the first letter and the domain only: `a***@example.com`."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}***@{domain}"
