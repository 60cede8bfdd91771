import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin import reply
from tocsin.reply import Reply, Word

ACK, RESOLVE, ESCALATE = Word.ACKNOWLEDGE, Word.RESOLVE, Word.ESCALATE
NONE = Reply(Word.NONE)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        *((word, ACK) for word in ("ACK", "A", "4", "CLAIM", "ack", " Ack. ", "a!", "(4)", "\uff21\uff23\uff2b")),
        *((word, RESOLVE) for word in ("RESOLVE", "R", "CLOSE", "C", "6", "resolve!", "6.")),
        *((word, ESCALATE) for word in ("ESCALATE", "E", "escalate...")),
        ("ok, ack please", ACK),
        ("Please close. Thanks", RESOLVE),
        ("ACK\nAda Lovelace\n5 Main Street", ACK),
        ("\n\nack\n-- \nsent from my phone 12", ACK),
    ],
)
def test_a_word_alone_is_a_command_without_a_code(text: str, word: Word) -> None:
    assert reply.parse(text) == Reply(word)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("48213", ACK),
        ("#48213", ACK),
        ("48213.", ACK),
        ("ok 48213 thanks", ACK),
        ("ACK 48213", ACK),
        ("ack #48213", ACK),
        ("Ack48213", ACK),
        ("ack: 48213!", ACK),
        ("48213 ack", ACK),
        ("#48213-ACK", ACK),
        ("4 48213", ACK),
        ("48213 4", ACK),
        ("48213 6", RESOLVE),
        ("6 #48213", RESOLVE),
        ("r 48213", RESOLVE),
        ("48213 close, thx", RESOLVE),
        ("E 48213", ESCALATE),
        ("48213 escalate", ESCALATE),
        ("Ack 48213 thanks", ACK),
        ("Ack 48213, on my way", ACK),
        ("resolve 48213 it was the cache", RESOLVE),
        ("482-13", ACK),
        ("ack 48 213", ACK),
        ("48 213 ack", ACK),
        ("482-13 resolve", RESOLVE),
        ("ACK\n48213", ACK),
        ("48213\nresolve", RESOLVE),
        ("ACK 48213\n555-0182", ACK),
        ("\uff14\uff18\uff12\uff11\uff13", ACK),
    ],
)
def test_a_code_stands_before_or_after_the_word_or_alone(text: str, word: Word) -> None:
    assert reply.parse(text) == Reply(word, code="48213")


@pytest.mark.parametrize(
    ("text", "word", "code"),
    [
        ("4821", ACK, "4821"),
        ("5", ACK, "5"),
        ("482130", ACK, "482130"),
        ("ack 4821", ACK, "4821"),
        ("c 482130", RESOLVE, "482130"),
        ("123 escalate", ESCALATE, "123"),
        ("448213", ACK, "448213"),
        ("ack 48213 54321", ACK, "4821354321"),
    ],
)
def test_other_digits_are_a_wrong_code(text: str, word: Word, code: str) -> None:
    assert reply.parse(text) == Reply(word, code=code)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        *((text, ACK) for text in ("ACK ALL", "ack all!", "claim all", "a all", "AA", "aa", "ACK ALL thanks")),
        *((text, RESOLVE) for text in ("RESOLVE ALL", "close all", "CC", "cc.")),
    ],
)
def test_all_means_every_open_page(text: str, word: Word) -> None:
    assert reply.parse(text) == Reply(word, all=True)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        *(
            (text, Word.STOP)
            for text in (
                "STOP",
                "stop",
                "Stop.",
                "STOPALL",
                "stop all",
                "UNSUBSCRIBE",
                "CANCEL",
                "END",
                "QUIT",
                "OPTOUT",
                "Opt-out",
                "opt out",
                "REVOKE",
                "REMOVE",
                "ARRET",
                "please stop",
            )
        ),
        *((text, Word.START) for text in ("START", "unstop", "Start!")),
        *((text, Word.HELP) for text in ("HELP", "info", "help?")),
    ],
)
def test_the_carriers_words_are_understood(text: str, word: Word) -> None:
    assert reply.parse(text) == Reply(word)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   \n ",
        "?!",
        "\U0001f44d",
        "ok",
        "thanks",
        "yes",
        "no",
        "I cannot claim that",
        "I will not ack 48213",
        "Can somebody ack 48213?",
        "Who is on call? 48213",
        "48213 is not mine",
        "48213 hello",
        "48213 a colleague has it",
        "48213 close to home",
        "A problem here",
        "A 4 hour outage",
        "C u later",
        "Close to home, will look",
        "Claim denied",
        "4 you",
        "4 all of us this is bad",
        "thank you 4 all",
        "6 hours",
        "Resolve it yourself",
        "Escalate if you must",
        "escalate all",
        "ack all 48213",
        "AA 48213",
        "ackall",
        "acknowledge",
        "don't ack",
        "Stop the deployment!",
        "cancel 48213",
        "help me ack 48213",
        "I'll be there in 5 minutes",
        "Ack or not?",
    ],
)
def test_a_sentence_is_no_command(text: str) -> None:
    assert reply.parse(text) == NONE


@given(st.text(max_size=60))
def test_any_text_is_understood_somehow(text: str) -> None:
    found = reply.parse(text)
    assert not (found.all and found.code)
    assert found.code is None or (found.code.isascii() and found.code.isdecimal())


words = st.sampled_from(["ack", "A", "4", "claim", "resolve", "R", "close", "c", "6", "escalate", "E"])
codes = st.integers(min_value=0, max_value=99_999).map(lambda number: f"{number:05}")
noise = st.sampled_from(["", "#", ".", " - ", ", ", "!"])


@given(words, codes, noise, noise, st.booleans())
def test_order_case_and_punctuation_do_not_matter(word: str, code: str, before: str, after: str, first: bool) -> None:
    spelled = f"{word} {before}{code}{after}" if first else f"{before}{code}{after} {word}"
    assert reply.parse(spelled) == Reply(reply.parse(word).word, code=code)
