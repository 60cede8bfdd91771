"""A company that floods is held to its limit, loses nothing by it, and nobody else notices."""

from tests.simulation.story import Story, step
from tests.simulation.world import World
from tests.world import Answer
from tocsin import leases

LIMIT = 2  # tickets a second
BURST = 10 * LIMIT


def limited(story: Story) -> None:
    patched = story.api(
        "PATCH", "/companies/acme", {"limits": {"tickets_per_second": LIMIT}}, tenant="", role="operator"
    )
    assert patched.status == 200


def neighbour(world: World) -> None:
    """Let there be another company, beta, whose admin eve is paged by its one rule."""
    company = {"company_id": "beta", "name": "Beta", "admin": {"user_id": "eve", "email": "eve@example.com"}}
    assert world.api("POST", "/companies", company, tenant="", role="operator").status == 201
    method = {"method_id": "mail", "channel": "email", "address": "eve@example.com", "verified": True}
    team, rule = {"team_id": "shop", "name": "Shop"}, {"name": "All", "team": "shop", "steps": [step("eve")]}
    for path, body in (("/users/eve/contact_methods", method), ("/teams", team), ("/rules", rule)):
        assert world.api("POST", path, body, tenant="beta").status == 201


def send(world: World, name: str, team: str = "payments", tenant: str = "acme") -> Answer:
    return world.api("POST", "/tickets", {"team": team, "title": name, "ticket_id": name}, tenant=tenant)


def test_a_flood_is_refused_while_the_neighbour_opens_tickets_and_is_paged_in_time(story: Story) -> None:
    limited(story)
    neighbour(story)
    story.rule(rule_id="quiet", page=False)
    began, statuses = story.seconds, []
    for second in range(20):
        statuses += [send(story, f"flood-{second}-{number}").status for number in range(100)]
        assert send(story, f"one-{second}", "shop", tenant="beta").status == 201
        story.run(1)
    assert set(statuses) == {201, 429}
    assert BURST + LIMIT * 18 <= statuses.count(201) <= BURST + LIMIT * 20 + 1
    assert story.counted["TicketsRefused"] == statuses.count(429)
    pages = [sent for sent in story.sent if sent.address == "eve@example.com"]
    # Her first page comes at once, all others with her next turn.
    assert pages[0].at - began < 2
    story.run(30)
    told = [
        page
        for second in range(20)
        for page in story.api("GET", f"/tickets/one-{second}/pages", tenant="beta").body["items"]
    ]
    assert [page["status"] for page in told] == ["sent"] * 20


def test_who_comes_again_when_told_to_opens_every_ticket(story: Story) -> None:
    limited(story)
    story.rule(step("ada"))
    left = [f"t{number}" for number in range(60)]
    while left:
        answers = {name: send(story, name) for name in left}
        left = [name for name, answer in answers.items() if answer.status == 429]
        waits = [int(answers[name].headers["retry-after"]) for name in left]
        story.run(min(waits, default=0))
    assert story.seconds <= (60 - BURST) / LIMIT + 5
    assert {story.ticket(f"t{number}")["status"] for number in range(60)} == {"unread"}
    story.run(60)
    assert {page["status"] for number in range(60) for page in story.pages(f"t{number}")} == {"sent"}


def test_a_flood_does_not_write_the_row_of_its_allowance_for_every_ticket(story: Story) -> None:
    limited(story)
    story.rule(rule_id="quiet", page=False)
    for second in range(20):
        for number in range(100):
            send(story, f"t{second}-{number}")
        story.run(1)
    asked = [call for call in story.gate.of("tickets") if "ALLOWANCE" in str(call.arguments.get("Key"))]
    assert len(asked) < 20 * 6


def test_a_process_that_dies_takes_nothing_but_its_block_with_it(story: Story) -> None:
    limited(story)
    story.rule(rule_id="quiet", page=False)
    passed = 0
    for second in range(20):
        passed += [send(story, f"t{second}-{number}").status for number in range(50)].count(201)
        leases.forget()
        story.run(1)
    assert passed >= LIMIT * 18, "what was leased and not used is at most a tenth of the burst"
    assert passed <= BURST + LIMIT * 20 + 20, "each new process lets one through that it did not ask for"
