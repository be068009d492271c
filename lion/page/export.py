"""Look here if you want to know how the page of a recorded run is made from the log."""

from lion.history import open_history
from lion.page.html import render_run
from lion.page.story import tell_story
from lion.places import homes_of
from lion.plans import read_policy
from lion.proof import verify_run
from lion.review.run import audit_recorded
from lion.settings import Settings


def page_of(settings: Settings, word: str) -> tuple[str, str]:
    """The id of a run (an id, a beginning of one, `last`), and its page as HTML.

    Raises OperatorError for one that is not there, AuditError for one that does not verify.
    """
    policy = read_policy(settings.policy)
    proof = verify_run(settings, word)
    with open_history(settings) as reader:
        audit = audit_recorded(reader, proof.run, policy, homes_of(settings.lookups))
        story = tell_story(reader, proof.run, reader.verified(proof.run))
    return proof.run, render_run(audit, story, proof)
