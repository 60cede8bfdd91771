"""The text of an SMS: which characters it may hold, how many parts it takes, and how a page is told in one of them.

3GPP TS 23.038 (GSM 03.38), the default alphabet and its extension table: 160 septets in a single message, 153 a part
in a longer one. Any other character makes the whole message UCS-2: 70 or 67 UTF-16 units. A part costs as much as a
message.
"""

import re
import unicodedata
from collections.abc import Callable
from itertools import count

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€")  # each takes an escape and a septet
_GSM = _BASIC | _EXTENDED

# What decomposition (NFKD) does not bring into the alphabet.
_INSTEAD = {
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032`\u00b4\u02bc", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2022\u00b7", "-"),
    **dict.fromkeys("\u2190", "<-"),
    **dict.fromkeys("\u2192\u21d2", "->"),
    **dict(
        zip(
            "\u00d7\u00f7\u2044\u00b5\u03bc\u2248\u0141\u0142\u0110\u0111\u00d0\u00f0\u0131",
            "x//uu~LlDdDdi",
            strict=True,
        )
    ),
    "\u2026": "...",
    "\u00b0": "deg",
    "\u00b1": "+-",
    "\u2260": "!=",
    "\u2264": "<=",
    "\u2265": ">=",
    "\u0152": "OE",
    "\u0153": "oe",
    "\u00de": "Th",
    "\u00fe": "th",
    "\u1e9e": "SS",
    "\u00a9": "(c)",
    "\u00ae": "(r)",
}

_LONGEST_SEVERITY = 32
_SHORTEST_TITLE = 20  # a title is not cut below this to save a part


def segments(text: str) -> int:
    """Count the parts that a text is sent in; the empty text takes none."""
    size, single, part = (_septets, 160, 153) if _is_gsm(text) else (_units, 70, 67)
    if not text:
        return 0
    if size(text) <= single:
        return 1
    parts, used = 1, 0
    for character in text:
        # An escape and its septet, or the halves of a surrogate pair, stay together.
        if used + size(character) > part:
            parts, used = parts + 1, 0
        used += size(character)
    return parts


def to_gsm(text: str) -> str:
    """Write a text in the GSM alphabet: `Łódź…` becomes `Lodz...`.

    Accents the alphabet lacks and typographic signs get their plain form, pictures are left out, the rest is `?`. A
    text most of whose letters would be lost (another script) stays: two readable parts beat one of question marks.
    """
    text = unicodedata.normalize("NFC", text)
    if _is_gsm(text):
        return text
    letters = [character for character in text if character.isalpha()]
    lost = sum(_plain(character) == "?" for character in letters)
    return text if lost * 2 > len(letters) else "".join(map(_plain, text))


def page_text(*, title: str, severity: str, since: str, code: str | None, link: str) -> str:
    """Tell a page: what, how bad, since when, how to answer, and the link.

    One GSM part where it can be, for which the title is cut; further parts rather than anything left out.
    `Checkout 5xx above 2%. sev1 since 20:28 UTC. Reply ACK 48213 https://tocsin.example/a/...`
    """
    what = to_gsm(_one_line(title)) or "(no title)"
    how_bad = to_gsm(_one_line(severity))[:_LONGEST_SEVERITY]
    answer = f"Reply ACK {code} " if code else ""
    rest = f". {how_bad} since {_one_line(since)}. {answer}{link}"
    size = _septets if _is_gsm(what + rest) else _units
    for parts in count(1):
        room = _capacity(parts, gsm=size is _septets) - size(rest)
        if room >= min(_SHORTEST_TITLE, size(what)):
            return _cut(what, room, size) + rest
    raise AssertionError("some number of parts holds any text")


def _one_line(text: str) -> str:
    """Fold white space and control characters; leave out what is not seen, such as marks that turn the reading."""
    shown = text
    if not text.isprintable():
        shown = "".join(" " if _is_space(character) else character for character in text if not _is_unseen(character))
    return re.sub(" +", " ", shown).strip()


def _is_space(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Zs", "Zl", "Zp")


def _is_unseen(character: str) -> bool:
    return unicodedata.category(character) in ("Cf", "Cs", "Co", "Cn")


def _is_gsm(text: str) -> bool:
    return _GSM.issuperset(text)


def _septets(text: str) -> int:
    return len(text) if _EXTENDED.isdisjoint(text) else len(text) + sum(map(text.count, _EXTENDED))


def _units(text: str) -> int:
    return len(text) + sum(character > "\uffff" for character in text)


def _capacity(parts: int, *, gsm: bool) -> int:
    """Return what fits for sure: of every part but the first, one place may stay empty before a pair."""
    if parts == 1:
        return 160 if gsm else 70
    return parts * (152 if gsm else 66)


def _cut(text: str, room: int, size: Callable[[str], int]) -> str:
    if size(text) <= room:
        return text
    room -= len("...")
    kept = ""
    for character in text:
        room -= size(character)
        if room < 0:
            break
        kept += character
    return kept.rstrip() + "..."


def _plain(character: str) -> str:
    if _is_gsm(character):
        return character
    if character in _INSTEAD:
        return _INSTEAD[character]
    bare = (mark for mark in unicodedata.normalize("NFKD", character) if not unicodedata.combining(mark))
    spelled = "".join(_INSTEAD.get(mark, mark) for mark in bare)
    if spelled and _is_gsm(spelled):
        return spelled
    # Pictures, modifiers, marks and what is not seen are no loss; a letter or digit is.
    return "" if unicodedata.category(character)[0] in "MC" or unicodedata.category(character) in ("So", "Sk") else "?"
