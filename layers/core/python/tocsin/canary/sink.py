"""The sink: the queue in which the canary finds its pages, and when each of them came."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tocsin import aws, clock
from tocsin.canary import company
from tocsin.settings import settings

_WAIT = 1  # second that a look waits for a page: it asks all of SQS's servers, one that does not wait asks some
_HIDDEN = 5  # seconds; a page of another run that is at work comes back for it
STALE = timedelta(seconds=60)  # longer than a run: whose page is older has died


@dataclass(frozen=True)
class Arrival:
    """A page in the sink: whose it is, the link in it, when it came."""

    address: str
    link: str
    at: datetime


class Sink:
    """The pages of one ticket, as they come. Those of runs that have died are thrown away."""

    def __init__(self, ticket_id: str) -> None:
        self._title = company.ticket(ticket_id)["title"]
        self.arrivals: list[Arrival] = []

    def wait_for(self, name: str, *, until: datetime) -> Arrival | None:
        """Return the first page of a person, None if there is none by then."""
        while True:
            found = next((one for one in self.arrivals if one.address == company.address(name)), None)
            if found or clock.now() >= until:
                return found
            self.look()

    def look(self) -> None:
        """Read what is there. Waits a second if that is nothing."""
        sqs = aws.client("sqs", settings.home_region)
        answer = sqs.receive_message(
            QueueUrl=settings.canary_sink_url,
            MaxNumberOfMessages=10,
            WaitTimeSeconds=_WAIT,
            VisibilityTimeout=_HIDDEN,
            MessageSystemAttributeNames=["SentTimestamp"],
        )
        for message in answer.get("Messages", []):
            at = datetime.fromtimestamp(int(message["Attributes"]["SentTimestamp"]) / 1000, UTC)
            if self._is_ours(message, at) or at < clock.now() - STALE:
                sqs.delete_message(QueueUrl=settings.canary_sink_url, ReceiptHandle=message["ReceiptHandle"])

    def _is_ours(self, message: dict[str, Any], at: datetime) -> bool:
        letter = json.loads(message["Body"])
        if letter["title"] != self._title:
            return False
        self.arrivals.append(Arrival(letter["address"], letter["link"], at))
        return True
