"""Companies and their severities."""

from datetime import UTC, datetime, timedelta

from tocsin.company import Company
from tocsin.severity import Severity

ACME = Company(company_id="acme", name="Acme", created_at=datetime(2026, 11, 22, tzinfo=UTC))


def test_a_new_company_has_four_severities_and_a_default() -> None:
    assert [one.name for one in ACME.severities] == ["sev1", "sev2", "sev3", "sev4"]
    assert ACME.default_severity == "sev2"
    assert Company.of(ACME.fields()) == ACME


def test_a_severity_is_found_by_its_name() -> None:
    pager = Severity(name="page", default=True, channels=["sms"])
    company = ACME.model_copy(update={"severities": [pager, Severity(name="mail")]})
    assert company.severity("page") == pager
    assert company.severity("sev1") is None
    assert company.channels_of("page") == ("sms",)
    assert company.channels_of("mail") is None


def test_a_ticket_remembers_the_times_of_its_severity_and_none_of_one_that_is_gone() -> None:
    slow = Severity(name="slow", ack_timeout=timedelta(hours=1))
    quick = Severity(name="quick", ack_timeout=timedelta(minutes=5), auto_resolve=timedelta(days=1))
    company = ACME.model_copy(update={"severities": [slow, quick]})
    assert company.times_of("quick") == {"ack_timeout": 300, "auto_resolve": 86_400}
    assert company.times_of("slow") == {"ack_timeout": 3_600, "auto_resolve": None}
    assert company.times_of("gone") == {"ack_timeout": None, "auto_resolve": None}


def test_a_list_without_a_default_falls_back_to_the_most_urgent() -> None:
    assert ACME.model_copy(update={"severities": [Severity(name="a"), Severity(name="b")]}).default_severity == "a"
