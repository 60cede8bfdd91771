"""A schedule as a calendar (iCalendar, RFC 5545): one event for each turn, in UTC, which every calendar shows rightly.

An event's UID follows from what it tells: it is the same in every answer, and moves with its turn's beginning.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Final

from icalendar import Calendar, Event, vText

from tocsin import ids, times
from tocsin.oncall import Shift
from tocsin.schedule import Schedule

REFRESH = timedelta(hours=1)
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")  # no text has them (RFC 5545, section 3.1)
# What each calendar says of itself; the last is what Outlook reads in place of RFC 7986's refresh-interval.
_SAID = {"prodid": "-//Tocsin//On call//EN", "version": "2.0", "method": "PUBLISH", "x-published-ttl": "PT1H"}

# RFC 7986, and what Outlook and Google read in its place. The library does not know that they are texts.
_CALLED: Final = ("name", "x-wr-calname")
_A_DURATION: Final = {"VALUE": "DURATION"}  # RFC 7986 has it said, though there is no other kind


def text(tenant: str, schedule: Schedule, shifts: Iterable[Shift], names: Mapping[str, str]) -> bytes:
    """Return the calendar. `names` are what users are called; a gap is no event."""
    calendar = Calendar()
    named = vText(_CONTROLS.sub("", schedule.name))
    for name, value in {**_SAID, **dict.fromkeys(_CALLED, named)}.items():
        calendar.add(name, value)
    calendar.add("refresh-interval", REFRESH, parameters=_A_DURATION)
    for shift in shifts:
        if shift.user is not None:
            calendar.add_component(_event(tenant, schedule, shift, names.get(shift.user, shift.user)))
    return bytes(calendar.to_ical())


def _event(tenant: str, schedule: Schedule, shift: Shift, name: str) -> Event:
    event = Event()
    told = ids.sha256(tenant, schedule.schedule_id, shift.source, times.text(shift.begin), str(shift.user))
    event.add("uid", f"{told[:32]}@tocsin")
    # When this was said: not now, or the feed would be another one whenever it is asked for.
    event.add("dtstamp", schedule.updated_at)
    event.add("dtstart", shift.begin)
    event.add("dtend", shift.end)
    event.add("summary", _CONTROLS.sub("", f"{name} on call: {schedule.name}"))
    event.add("transp", "TRANSPARENT")  # being on call is not being busy
    return event
