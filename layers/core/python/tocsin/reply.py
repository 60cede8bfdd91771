"""What a person's SMS asks for: `ACK 48213`, `48213`, `resolve all`, `STOP`."""

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum


class Word(Enum):
    """What a reply asks for; NONE changes nothing."""

    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"
    ESCALATE = "escalate"
    STOP = "stop"
    START = "start"
    HELP = "help"
    NONE = "none"


@dataclass(frozen=True)
class Reply:
    """A reply as understood.

    `code` holds the digits as they were sent: none but five digits can be a page's code, so others are a wrong one.
    `all` means all open pages of the number, and then there is no code.
    """

    word: Word
    code: str | None = None
    all: bool = False


_WORDS = {
    **dict.fromkeys(("ACK", "A", "4", "CLAIM"), Word.ACKNOWLEDGE),
    **dict.fromkeys(("RESOLVE", "R", "CLOSE", "C", "6"), Word.RESOLVE),
    **dict.fromkeys(("ESCALATE", "E"), Word.ESCALATE),
}
# To STOP: AWS End User Messaging, required opt-out list keywords, then what 47 CFR 64.1200(a)(10) adds. START, UNSTOP:
# AWS, toll-free numbers. YES, which some carriers take for START, is left out: an answer to a page says something else
# with it.
_CARRIER = {
    "ARRET CANCEL END OPTOUT QUIT REMOVE STOP TD UNSUBSCRIBE REVOKE": Word.STOP,
    "START UNSTOP": Word.START,
    "HELP INFO": Word.HELP,
}

# All that can be said without a code.
_PHRASES: dict[tuple[str, ...], Reply] = {
    **{(text,): Reply(word) for text, word in _WORDS.items()},
    **{(text, "ALL"): Reply(word, all=True) for text, word in _WORDS.items() if word is not Word.ESCALATE},
    ("AA",): Reply(Word.ACKNOWLEDGE, all=True),
    ("CC",): Reply(Word.RESOLVE, all=True),
    **{(text,): Reply(word) for texts, word in _CARRIER.items() for text in texts.split()},
    ("STOPALL",): Reply(Word.STOP),
    ("STOP", "ALL"): Reply(Word.STOP),
    ("OPT", "OUT"): Reply(Word.STOP),
}

_TOKEN = re.compile(r"[^\W\d_]+|[0-9]+")
_BEFORE = {"PLEASE", "PLS", "OK", "OKAY"}
_AFTER = {"PLEASE", "PLS", "THANKS", "THX", "TY"}


def parse(text: str) -> Reply:
    """Understand an SMS. Case, punctuation and `#` do not matter, nor do lines after the first (a signature).

    A person who is woken at night answers shortly, and a person who writes a sentence talks to somebody. So:

    - A word before a code is a command, whatever follows: `Ack 48213, on my way`.
    - A word, a code, a word after a code or a word with `ALL` is a command only if nothing but a courtesy stands beside
      it: `ack, thanks`, but neither `Close to home, will look` nor `48213 is not mine`.
    - A text that begins with anything else is none: `I cannot claim that`, `Can somebody ack 48213?`.
    - The carriers' words count alone, as carriers have them: `Stop the deployment!` unsubscribes nobody.
    """
    whole = _tokens(text)
    line = _tokens(next((line for line in text.splitlines() if _tokens(line)), ""))
    # The whole first, for a code may stand on a line of its own.
    return _short(whole) or _short(line) or _digits(line) or _followed(line) or Reply(Word.NONE)


def _tokens(text: str) -> list[str]:
    """Split into upper-case words and runs of digits, without the courtesies around them."""
    # NFKC makes full-width letters and digits plain.
    tokens: list[str] = _TOKEN.findall(unicodedata.normalize("NFKC", text).upper())
    while tokens and tokens[0] in _BEFORE:
        tokens = tokens[1:]
    while tokens and tokens[-1] in _AFTER:
        tokens = tokens[:-1]
    return tokens


def _short(tokens: list[str]) -> Reply | None:
    """Understand a phrase, a code, or a word and a code in either order."""
    match tokens:
        case [code] if _is_code(code):
            return Reply(Word.ACKNOWLEDGE, code)
        case [word, code] if word in _WORDS and _is_code(code):
            return Reply(_WORDS[word], code)
        case [code, word] if word in _WORDS and _is_code(code):
            return Reply(_WORDS[word], code)
    return _PHRASES.get(tuple(tokens))


def _digits(tokens: list[str]) -> Reply | None:
    """Understand digits in any number and grouping (`482-13`), with or without a word: a code, or a wrong one."""
    word = Word.ACKNOWLEDGE
    if tokens and tokens[0] in _WORDS:
        word, tokens = _WORDS[tokens[0]], tokens[1:]
    elif tokens and tokens[-1] in _WORDS:
        word, tokens = _WORDS[tokens[-1]], tokens[:-1]
    code = "".join(tokens)
    return Reply(word, code) if code.isdecimal() else None


def _followed(tokens: list[str]) -> Reply | None:
    match tokens:
        case [word, code, *_] if word in _WORDS and _is_code(code):
            return Reply(_WORDS[word], code)
    return None


def _is_code(token: str) -> bool:
    return len(token) == 5 and token.isdecimal()
