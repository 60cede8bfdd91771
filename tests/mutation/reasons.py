"""Why a mistake may live: what its name (module.function: before -> after) looks like, by reason."""

import re
from typing import Final

UNKNOWN: Final = "No test tells it from the right one yet."

REASONS: Final = {
    "Runs when a module is imported, before the mistake is made.": (
        r"__get_pydantic_(core|json)_schema__",
        r"^duration\.between",
        r"not_built",
    ),
    "A text, a name or a default that nobody is shown and no code reads.": (
        r"(ConditionFailed|Unread)\.__init__: (super|company|team: bool)",
        r"from_exception_data|PydanticCustomError|InitErrorDetails",
        r'^pattern\.validate: "event pattern"',
        r"^gsm\.page_text: raise AssertionError",  # no text comes there
        r"^decision\.(_handed_over|last_resort): .*-> .*None, None\)",  # the wait of a rung whose move has its own
    ),
    "What is stripped or stands in for nothing never occurs otherwise.": (
        r"-> .*(XXXX|XX\\nXX|XX=XX|XX-XX)",
        r'^gsm\._plain: .*-> .*"XXMCXX"',  # no category of characters begins with an X
        r'^times\.parse: .*-> .*"XXZzXX"',
    ),
    "Another form of the same: what is read back does not change.": (
        r"separators=|ensure_ascii=|\.encode\(|decode\(\"",
        r"^user\.User\.with_method: .*\.get\(method\.address, (None)?\)",  # what is none is not stored
        r'^times\.parse: .*-> .*(ljust\(4, "0"\)|in "zz")',  # Python reads both
    ),
    "Another way to the same answer.": (
        # Nothing is as good as false.
        r"^explanation\.Telling\.go_on: .*_END\.get\(decided\.kind, (None)?\)",
        r"^scim\.(patch\._apply: .*-> .*adds=None|person\._of_user: .*\"primary\", (None)?\))",
        r"^wall\._change: .*-> .*(/ 3|>= _SECOND)",  # the search is cut elsewhere, and ends at the same second
        r"^window\.within: .*-> while monday <= end",  # one week more, of which nothing is left
        r"^decision\..*_positions\(plan, \(1, 0\)\)",  # rounds are counted from 1 whoever counts from 0
        r'^id_token\.verified: .*-> .*"typ", "JWT"',  # it is read in small letters
        r"^ticket\.led: .*-> .*else 1$",
        # Of a clock that is stopped neither the row nor the time counts.
        r"^(page\._settled|ticket\.to_status): .*-> .*wound\((None, None, now|\w+\.key\[\"pk\"\], None, None)\)",
        r"^rows\.(attributes|plain): ",  # texts, by the way that all values go
        r"^own_rule\.of: .*or True",  # what is no rule is none
        r"^reply\._short: case \[code\]",  # the line after it understands a code too
        r"^due\.fire_at: .*digest\[:3\]",  # spread as evenly
        r"^sources\.cloudwatch\._link: partition = .*-> .*, None\)$",  # of neither there is another console
        r"^sources\.generic\._whole: .*and False",  # what is cut later is made whole then
        r"^pattern\.matching\.pieces: escaped = False -> escaped = None",
        r'^(cursor\.read|id_token\._part): found = None -> found = ""',
    ),
    "The case in which it would differ cannot come up, or was answered before.": (
        r"^access\.check: .*-> .*_RANK\[principal\.role\] >= _RANK\[needed\.role\]",
        r"^decision\._ways: .*or True",
        r"^explanation\.Telling\._doubts: .*if \(user\) or True",  # who is paged is there
        r"^decision\._next_in_turn: .*max\(len\(ordered\), 2\)",  # of one member or none it is the first
        r"^pattern\.checking\._anything_but_problem: .*set\(operand\) < set",  # it has one element there
        r"^rate\.Rate\.wait: .*\(tat or 1\)",  # a millionth of a second of 1970
        r"^oncall\._Rotation\.at: .*-> .*begins\(turn \+ 1\) < moment",  # its clock shows that turn's time by then
        r"^oncall\._changes: .*-> .*begin <= shift\.end",  # a shift of no time is seen at none
        r"^url\.public: special = .*-> .* and ",  # what is one of these is private too, or not global
        r"^window\.within: break -> return",  # nothing of a span is left past its end
        r"^duration\.parse: .*zip\(",  # there are as many counts as units
        r'^scim\.patch\._apply: .*\.get\("op", (None)?\)',  # no operation is called none
    ),
    "A bound that nothing comes to: another one is nearer.": (
        r"^(decision\._past_the_end|page\.retry_delay): .*min\(.*, 11\)",
        r"^own_rule\.quiet_until: .*days=16",
    ),
    "A calendar's names are read in any case.": (r"^feed\.(text|_event): ",),
    "What is left in is passed over by the record that reads it.": (r"model_dump\((exclude=|include=None)",),
    "The default of a library says the same.": (
        r"^phone\.e164: .*phonenumbers\.parse\(text, \)",
        r"^id_token\._signed: .*(strict_check_header=None|simplefilter\(\"ignore\", \))",
    ),
}


def reason(name: str) -> str:
    """Return why a mistake may live, `UNKNOWN` if nobody has said so."""
    found = (why for why, patterns in REASONS.items() if any(re.search(pattern, name) for pattern in patterns))
    return next(found, UNKNOWN)
