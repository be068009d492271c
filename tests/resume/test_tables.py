"""What docs/resume.md promises row by row is what tests show: each row with the test of a run that
goes on, and of one that is not granted that any more, or not that. (That no other rule is applied
Stage.resume looks at, in every test.)
"""

import re

import pytest

from tests.endurance.kit import ROOT
from tests.resume.rig import rows

HELD = {
    "kv, elements": (
        "core:kv_counts_on_and_no_line_is_said_twice", "granted:kv",
        "elements:each_is_made_once_wherever_it_is_cut",
        "elements:what_is_denied_today_is_not_changed",
    ),
    "budgets, rates, counts": (
        "handles:budgets_go_on_and_settling_costs_nothing_more", "others:a_rate_is_not_full_again",
        "handles:an_unknown_effect_stays_paid",
    ),
    "`now`": ("granted:now_is_now", "granted:clocks"),
    "`monotonic`, deadlines": (
        "handles:the_clock_goes_on_and_never_back", "handles:deadlines_count_what_was_used_before",
        "granted:clocks",
    ),
    "a wait for an instant": ("handles:a_wait_waits_for_what_is_left", "granted:a_wait"),
    "an open file": (
        "handles:a_file_is_opened_again_and_not_cut_off",
        "handles:a_file_that_may_not_be_opened_today_is_not",
    ),
    "a GET or HEAD, a model's answer": (
        "handles:an_answer_is_asked_again_and_what_was_heard_is_passed_over",
        "others:a_models_answer_is_asked_again_and_goes_on", "granted:the_rest_of_an_answer",
        "granted:a_models_answer",
    ),
    "a body that waits for a person": (
        "spooled:one_that_is_written_is_written_on_and_sent_whole",
        "spooled:what_was_let_go_may_have_been_sent", "spooled:what_todays_rules_deny_is_denied",
    ),
    "another exchange": (
        "handles:of_a_post_the_head_is_there_and_the_rest_is_lost",
        "handles:a_post_that_was_not_heard_of_is_not_known", "granted:the_rest_of_an_answer",
    ),
    "a tool call": (
        "handles:an_ended_tool_is_answered_from_its_records",
        "core:a_child_under_way_goes_on_with_its_caller",
        "core:one_that_was_dropped_is_cancelled_and_not_revived", "granted:a_tool",
        "granted:what_a_tool_does",
    ),
    "an inbox, a subscription": (
        "bus:an_inbox_is_as_it_was", "bus:a_subscription_has_what_it_heard_and_goes_on_to_hear",
        "bus:what_was_delivered_is_not_delivered_again_to_another",
        "bus:who_may_not_read_today_does_not",
    ),
    "a workflow's agent": (
        "workflows:records_of_an_agent_go_on", "granted:a_workflows_agent",
    ),
    "a spawned agent": (
        "agents:one_that_had_ended_is_told_from_the_records",
        "agents:one_at_work_goes_on_with_what_is_left_of_its_budget",
        "agents:one_that_was_dropped_or_cancelled_stays_so",
        "agents:a_child_of_a_child_goes_on_under_what_was_handed_on",
        "agents:one_that_is_not_granted_today_is_denied",
    ),
    "a workflow's question to a person": (
        "workflows:a_question_is_asked_again_and_once", "granted:a_workflows_question",
    ),
    "a system plugin": (
        "others:a_system_plugin_does_not_do_again_what_it_was_doing",
        "extensions:what_is_denied_today_is_not_asked",
    ),
    "a listener": (
        "listeners:what_it_was_at_is_told_again_and_nothing_before",
        "listeners:what_had_waited_is_told", "listeners:what_it_failed_with_is_not_told_again",
        "granted:one_that_is_denied_today",
    ),
}  # fmt: skip
"""By what a guest held."""
BEGUN = {
    "`harmless`": (
        "unknown:what_only_asks_is_asked_again",
        "others:a_models_answer_is_asked_again_and_goes_on",
        "unknown:what_is_denied_today_is_not_done_and_not_called_denied",
    ),
    "`looked up`": ("unknown:a_change_of_files_is_looked_up", "granted:files"),
    "`disturbed`": ("unknown:what_somebody_else_of_the_run_changed_later_is_not_known",),
    "`key`": (
        "unknown:or_the_server_tells_by_a_key", "handles:with_a_key_it_is_sent_again",
        "unknown:a_post_is_never_sent_twice", "granted:what_the_grant_would_have_done_again",
    ),
    "`grant`": (
        "unknown:unless_its_grant_says_so", "unknown:a_grant_may_want_it_done_again",
        "unknown:a_post_is_never_sent_twice", "granted:what_the_grant_would_have_done_again",
    ),
    "`approved`, `refused`": (
        "others:a_person_says_whether_it_is_done_again",
        "unknown:who_would_have_to_be_asked_and_is_not_there_does_not_agree",
        "granted:what_the_grant_would_have_done_again",
    ),
    "`answered`": (
        "extensions:what_it_had_come_to_is_told", "extensions:what_it_was_doing_is_not_known",
    ),
    "`policy`": (
        "unknown:what_is_denied_today_is_not_done_and_not_called_denied",
        "granted:an_answer_of_which_nothing_was_heard",
    ),
    "`connection`": ("granted:the_rest_of_an_answer",),
    "`unknown`": (
        "unknown:a_post_is_never_sent_twice", "extensions:what_it_was_doing_is_not_known",
        "unknown:unknown_stays_unknown_after_a_second_kill",
    ),
}  # fmt: skip
"""By rule, of what had begun."""


@pytest.mark.parametrize(
    ("title", "told"), [("What a guest held", HELD), ("What had begun", BEGUN)]
)
def test_each_row_has_its_tests(title: str, told: dict[str, tuple[str, ...]]) -> None:
    assert list(dict.fromkeys(rows(title))) == list(told)


@pytest.mark.parametrize(
    "word", sorted({w for t in (HELD, BEGUN) for ws in t.values() for w in ws})
)
def test_it_is_there(word: str) -> None:
    file, name = word.split(":")
    place = "agents/test_resumed.py" if file == "agents" else f"resume/test_{file}.py"
    text = (ROOT / "tests" / place).read_text("utf-8")
    assert re.search(rf"def test_{name}\(", text)
