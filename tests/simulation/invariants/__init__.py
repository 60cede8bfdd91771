"""What must hold of every run, said of its trace alone. Each check yields what violates it.

I9 (a flood) waits for what it is about. I10 (a rebuild) is all of them: a loss counts as a fault until it is rebuilt.
"""

from collections.abc import Callable, Iterator

from tests.simulation.invariants import (
    acts,
    customs,
    holds,
    keeping,
    lateness,
    monitoring,
    news,
    order,
    queueing,
    responding,
    rules,
    steering,
    turns,
)
from tests.simulation.trace import Trace, Violation

Check = Callable[[Trace], Iterator[Violation]]

CHECKS: tuple[Check, ...] = (
    lateness.every_due_time_is_kept,
    lateness.every_page_is_tried_in_time,
    lateness.no_page_is_settled_without_a_try,
    lateness.all_failed_means_the_next_step_now,
    lateness.no_ticket_falls_silent,
    lateness.everybody_of_a_step_is_paged,
    lateness.another_way_is_tried,
    lateness.another_way_is_tried_meanwhile,
    rules.the_rule_that_matches_is_taken,
    rules.rules_are_walked_to_their_end,
    rules.nobody_waits_longer_than_the_rule_says,
    rules.nobody_is_hurried_who_was_reached,
    turns.members_take_turns,
    turns.a_person_gets_a_message_in_half_a_minute,
    turns.nobody_waits_for_a_turn_in_which_nothing_is_said,
    order.silence_after_an_answer,
    order.nothing_comes_early,
    order.each_epoch_moves_once,
    order.what_is_settled_stays_settled,
    order.schedules_end_with_their_epoch,
    keeping.nets_stay_empty,
    keeping.what_was_opened_is_there,
    keeping.what_is_over_takes_nothing_more,
    keeping.what_is_over_is_kept_for_400_days,
    keeping.answers_count,
    keeping.a_dedup_key_has_one_ticket,
    keeping.tenants_are_apart,
    keeping.everything_is_told_once,
    keeping.who_said_stop_is_left_alone,
    keeping.only_bad_addresses_are_flagged,
    keeping.only_who_cannot_be_reached_fails,
    keeping.nobody_is_put_off_for_long,
    keeping.tries_come_less_often,
    keeping.nets_come_back_less_often,
    steering.what_was_asked_for_is_there,
    steering.the_earliest_time_is_the_due_time,
    steering.nothing_ends_before_its_time,
    steering.nobody_is_paged_in_a_maintenance,
    steering.who_gets_a_ticket_is_paged,
    acts.nobody_answers_for_others,
    acts.who_acknowledges_is_named,
    acts.snoozes_last,
    acts.a_step_that_is_named_comes_next,
    acts.what_is_given_away_is_theirs,
    acts.who_gets_a_ticket_is_asked_once,
    acts.moves_page_somebody,
    acts.stop_and_start_count,
    acts.who_says_start_is_used_again,
    acts.the_end_of_a_maintenance_wakes,
    customs.nobody_is_paged_too_soon,
    customs.pages_come_when_people_want_them,
    customs.who_can_be_reached_is_not_passed,
    customs.who_has_left_is_left_alone,
    customs.the_last_resort_comes_once,
    customs.a_severity_counts_from_the_next_step,
    holds.what_is_held_stays_where_it_is,
    holds.nobody_is_waited_for_too_long,
    holds.a_step_waits_for_somebody,
    queueing.each_message_has_its_queue,
    responding.who_is_asked_for_is_paged,
    responding.nobody_is_asked_twice_in_a_minute,
    monitoring.who_watches_is_heard,
    monitoring.who_watches_is_heard_at_last,
    monitoring.an_end_is_of_what_was_before,
    monitoring.one_message_is_one_ticket,
    monitoring.alarms_are_their_teams,
    monitoring.missing_data_are_noted,
    news.who_says_something_is_answered,
    news.who_wants_to_know_is_told,
    news.notes_are_kept,
    news.what_is_over_stays_over,
)


def check(trace: Trace) -> list[Violation]:
    """Return all that does not hold."""
    return [violation for one in CHECKS for violation in one(trace)]
