from email.headerregistry import Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin import mail


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("ada@example.com", "ada@example.com"),
        ("Ada.Lovelace+pager@EXAMPLE.Com", "Ada.Lovelace+pager@example.com"),
        ("ada@m\u00fcnchen.de", "ada@xn--mnchen-3ya.de"),
        ("ada@acme.test", "ada@acme.test"),
    ],
)
def test_the_domain_is_lower_case_ascii(text: str, address: str) -> None:
    assert mail.address(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ada",
        "@example.com",
        "ada@",
        "ada@localhost",
        "ada@example",
        "a b@example.com",
        "ada@@example.com",
        "Ada <ada@example.com>",
        '"ada"@example.com',
        "ada@[127.0.0.1]",
        "ada@example.com\n",
        "ada@example.com\r\nBcc: eve@example.com",
        "ada\r\n@example.com",
        "ada@example.com,eve@example.com",
        "\u00e1da@example.com",
        "a" * 65 + "@example.com",
        "ada@" + "a" * 64 + ".com",
        "ada@example..com",
    ],
)
def test_what_no_page_can_be_sent_to_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an e-mail address"):
        mail.address(text)


@given(st.text(max_size=40).map(lambda text: f"{text}@example.com") | st.emails())
def test_an_accepted_address_cannot_leave_its_header(text: str) -> None:
    try:
        address = mail.address(text)
    except ValueError:
        return
    assert address.isascii()
    assert address.isprintable()
    assert " " not in address
    assert Address(addr_spec=address).addr_spec == address
    assert mail.address(address) == address


def test_a_masked_address_shows_the_first_letter_and_the_domain() -> None:
    assert mail.masked("ada@example.com") == "a***@example.com"
