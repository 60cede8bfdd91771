"""More mistakes, of the kinds that a careless hand makes in any module that a ticket's life passes."""

# ruff: noqa: E501 - a mistake is one line, like the source it is put into
from tests.simulation.edit import Bug, Edit, bug

ALL: tuple[Bug, ...] = (
    # opening
    bug(
        "dedup keys of two teams run into each other",
        "opening.dedup_digest",
        "ids.sha256(scope, dedup_key)",
        "ids.sha256(dedup_key)",
    ),
    bug("a dedup row may count on any ticket", "opening._follow", ', ("dedup", "=", draft.dedup)]', "]"),
    bug("a dedup row heals at once, or never", "opening.HEALS", "", "timedelta(0)"),
    bug(
        "an id stands for whatever was sent with it",
        "opening._made_before",
        ' or found["fingerprint"] != draft.fingerprint',
        "",
    ),
    bug(
        "a count puts the clock off",
        "ticket.counted",
        '"count": Next("count"), ',
        '"count": Next("count"), "look_at": times.text(now + due.HORIZON), ',
    ),
    # answers
    bug("an answer finds the first code of the number", "replies._with_code", "if one.code == code", ""),
    bug(
        "a code is put over another's",
        "answer.put_code",
        'when=[("expires_at", "missing or <", times.text(now))]',
        "when=()",
    ),
    bug(
        "to escalate what is acknowledged is nothing",
        "steering.escalate",
        "else ticket.resumed(one, by, now)",
        "else {}",
    ),
    bug(
        "an answer counts for a ticket that is acknowledged or over",
        "tickets.acknowledge",
        "return {} if seen else",
        "return",
    ),
    bug("a return from acknowledged keeps its run", "ticket.resumed", ', "run": Next("epoch")}', "}"),
    bug(
        "a person's act that lost a race is dropped",
        "tickets.change",
        "        except ConditionFailed:\n            continue",
        "        except ConditionFailed:\n            return before",
    ),
    bug("an edit stops the clock", "ticket.edited", "is None else {}", "is None else moved(ticket, None, now)"),
    bug(
        "an edit begins the escalation anew", "ticket.edited", "is None else {}", "is None else restarted(ticket, now)"
    ),
    # deciding
    bug(
        "the last rule that matches is taken",
        "rule.in_order",
        "key=lambda one: (one.position, one.rule_id))",
        "key=lambda one: (one.position, one.rule_id), reverse=True)",
    ),
    bug("every rule matches", "rule.Rule.matches", "self.when is None or", "True or"),
    bug("a rule is repeated once less", "decision._positions", "plan.repeat + 1", "max(plan.repeat, 1)"),
    bug("the last step is left out", "decision._positions", "len(plan.rungs) + 1", "max(len(plan.rungs), 2)"),
    bug(
        "a step waits as long as the first",
        "decision.walk",
        "now, rung.wait, reached",
        "now, plan.rungs[0].wait, reached",
    ),
    bug("a step waits an hour longer", "decision._move", "now + wait, wait", "now + wait + timedelta(hours=1), wait"),
    bug(
        "only the first method of a user",
        "user.User.usable",
        "if not one.flagged] or fit",
        "if not one.flagged][:1] or fit",
    ),
    bug("methods that are not verified are paged", "user.User.usable", "if one.verified and (", "if ("),
    bug("the next method may be one that is not verified", "user.User.next_method", " and one.verified", ""),
    bug(
        "what is read of the directory is kept for an hour",
        "reading._kept",
        "",
        "type(_kept)(1000, 3600.0, timer=lambda: clock.now().timestamp())",
    ),
    bug("rosters and rules of one team", "reading._rules", '"rules", team)', '"rules")'),
    # escalating
    bug(
        "only ten pages of a step are asked for",
        "queues.put_pages",
        "range(0, len(of_channel), _BATCH)",
        "range(0, min(len(of_channel), _BATCH), _BATCH)",
    ),
    bug(
        "only the first batch is read",
        "store.Table.get_many",
        "range(0, len(wanted), _BATCH_READ)",
        "range(0, min(len(wanted), _BATCH_READ), _BATCH_READ)",
    ),
    bug("only the first page of a query is read", "store.Table.query_all", "after = page.after", "after = None"),
    bug(
        "a page that is there is not asked for again",
        "escalation._put",
        "        _renew(new)\n    return True",
        "        return False\n    return True",
    ),
    bug(
        "every page of a channel goes to the first one's queue",
        "queues.put_pages",
        "settings.channel_queue_url(channel)",
        "settings.channel_queue_url(pages[0].channel)",
    ),
    bug("a timer that comes early is dropped", "escalation._run", "queues.put_due(timer, now)", "pass"),
    bug(
        "a timer that comes late is dropped",
        "escalation._run",
        'or "due_at" not in row',
        'or "due_at" not in row or (now - timer.due_at).total_seconds() > 60',
    ),
    # notifying
    bug(
        "a page is too late after its step's wait, be it ten seconds",
        "page.unwanted",
        "max(timedelta(seconds=page.wait), FRESH_FOR)",
        "timedelta(seconds=page.wait)",
    ),
    bug(
        "an earlier page counts as a later one",
        "page.unwanted",
        "if any(one.epoch > page.epoch and",
        "if any(one.epoch != page.epoch and",
        Edit("notification._later", "{keys.PAGES}{one.epoch + 1}", "{keys.PAGES}"),
    ),
    bug(
        "a later page to the user by any method counts",
        "page.unwanted",
        "(one.user, one.method_id) == (page.user, page.method_id)",
        "one.user == page.user",
    ),
    bug(
        "a page that is sent falls due again", "page.sent", "**_settled(page, now)", "**wound(page.key['pk'], now, now)"
    ),
    bug("retries without end grow to hours", "page.LONGEST_RETRY", "", "timedelta(hours=6)"),
    bug(
        "a page that was sent is no sign of life",
        "failure._alive",
        "(pending or sibling.status is page.PageStatus.SENT)",
        "pending",
    ),
    bug(
        "a pending page is no sign of life",
        "failure._alive",
        "(pending or sibling.status is page.PageStatus.SENT)",
        "sibling.status is page.PageStatus.SENT",
    ),
    bug(
        "who comes second to hurry does not",
        "failure.give_up",
        "by then.\n    hurry_if_none_is_left(failing, of)",
        "once.",
    ),
    bug("a hurry over whoever acknowledged", "failure._hurry", ', ("status", "=", Status.UNREAD.value)]', "]"),
    # timers and nets
    bug(
        "a new timer is armed only where there was none",
        "timers.follow",
        "if after is not None:",
        "if after is not None and before is None:",
    ),
    bug("the new timer is cancelled", "timers.follow", "cancel(before)", "cancel(after or before)"),
    bug("a refused schedule is taken for set", "timers._schedule", "return _instead(timer, now)", "return True"),
    bug("a timer within the hour goes to the queue", "due.QUEUE_WITHIN", "", "timedelta(hours=1)"),
    bug("a schedule fires late by its spread", "due.fire_at", "FIRE_EARLY - spread", "FIRE_EARLY + spread"),
    bug(
        "delays are an hour's share",
        "due.delay_seconds",
        "ahead / timedelta(seconds=1)",
        "ahead / timedelta(seconds=2)",
    ),
    bug(
        "the sweeper sweeps one shard a minute",
        "sweep.run",
        "in shards[first:] + shards[:first]",
        "in shards[first : first + 1]",
    ),
    bug("the sweeper stops at a shard that fails", "sweep.run", 'count("SweeperShardsFailed")', "break"),
    bug("the sweeper stops at a row that it cannot repair", "sweep._repair", 'kind = "failed"', "raise"),
    bug(
        "the sweeper takes what is deleted or moved",
        "sweep._sweep",
        'row.get("look_at", "~") <= times.text(now)',
        "'look_at' in row",
    ),
    bug(
        "the sweeper looks on before it acts",
        "sweep._repair",
        "        kind = act(row, now)",
        '        tickets.update(Key(pk=row["pk"], sk=row["sk"]), {"look_at": times.text(now + due.HORIZON)})\n        kind = act(row, now)',
    ),
    bug(
        "the sweeper arms what is far ahead, and forgets it",
        "sweep._next_look",
        'due.look_at(times.parse(row["due_at"]))',
        'due.look_at(times.parse(row["due_at"])) + due.HORIZON',
    ),
    bug(
        "an error of the clock is swallowed",
        "timers.follow",
        "        arm(after, now)\n",
        "        try:\n            arm(after, now)\n        except Exception:\n            return\n",
    ),
    bug("a hurry whatever step it is by now", "failure._hurry", '("epoch", "=", failing.epoch + 1), ', ""),
    bug(
        "who looks at a link acknowledges",
        "links.show",
        "partial(read, link.tenant)",
        "lambda one: tickets.acknowledge(link.tenant, one, link.user, now)",
    ),
    bug("the address of another page is flagged", "failure._flag", "method.address != failing.address or ", ""),
    bug(
        "a failed page is settled, and then its next method tried",
        "failure.give_up",
        "    if not try_another_way(failing, of):",
        "    settle(failing, page.failed(failing, error.detail, clock.now()), Outcome.FAILED)\n    if not try_another_way(failing, of):",
    ),
    # many at a time
    bug(
        "who took a turn takes its list with it",
        "notification._send_waiting",
        "        if others:\n",
        "        if False:\n",
    ),
    bug("who waits for a turn is not on its list", "turns.wait", "    tickets.put(_row(one, now))\n", ""),
    bug("nobody asks for the next turn", "turns.wait", "        _ask(way, until, now)\n", "        pass\n"),
    bug(
        "the list of a turn is forgotten, and nothing was sent",
        "notification._hand_over",
        "    outcome = _try(",
        "    turns.forget(turn, others)\n    outcome = _try(",
    ),
    bug("no turns are taken", "turns.take", 'when=[("until", "missing or <", times.text(now))]', "when=()"),
    bug(
        "a company takes the whole of a sender",
        "shares.take",
        "rate=rate / _among(_busy(channel, now)),",
        "rate=rate * 100,",
    ),
    bug("a sender has one breaker for all companies", "breakers.key", "keys.breaker(tenant,", 'keys.breaker("all",'),
    bug(
        "all companies are one group of a queue",
        "queues._send",
        "MessageGroupId=message.tenant",
        'MessageGroupId="all"',
        Edit("queues._send_batch", '"MessageGroupId": page.tenant', '"MessageGroupId": "all"'),
    ),
    bug(
        "who takes a turn takes the mark that pages wait",
        "turns.take",
        '"asked": None',
        '"asked": None, "waited": None',
    ),
    # dead letters
    bug("a letter that failed again is deleted", "redrive._one", '["failed"] += 1\n        return', '["failed"] += 1'),
    bug(
        "a letter is deleted before it is done",
        "redrive._one",
        "    try:\n",
        "    aws.client('sqs').delete_message(QueueUrl=settings.dead_letters[name], ReceiptHandle=letter['ReceiptHandle'])\n    try:\n",
    ),
    bug("a letter that is done stays", "redrive._one", 'aws.client("sqs").delete_message(', "dict("),
    bug("a letter goes back in nobody's name", "redrive._send", "if group else {}", "if False else {}"),
    bug("a letter goes nowhere, and is deleted", "redrive._to_its_queue", "_send(", "(lambda *letter: None)("),
    bug(
        "a schedule's letter is a timer, or nothing",
        "redrive._to_the_due_queue",
        'found.get("MessageBody", letter["Body"])',
        'letter["Body"]',
    ),
    bug(
        "the first answer of the stream is all of it",
        "redrive._records",
        'raise TocsinError("The stream has not shown all records of the letter.")',
        "pass",
        Edit("redrive.CALLS", "", "1"),
    ),
    bug(
        "of a letter's records the first one is told",
        "redrive._from_the_stream",
        "for record in records:",
        "for record in records[:1]:",
    ),
    bug(
        "what the historian could not take is done",
        "redrive._from_the_stream",
        '.get("batchItemFailures")',
        '.get("failures")',
    ),
    bug("a function that died has done its letter", "redrive._invoke", 'if answer.get("FunctionError"):', "if False:"),
    bug("a letter of the stream is not the historian's", "redrive._read_by", "_READ[name]", '"PAGE#"'),
)
