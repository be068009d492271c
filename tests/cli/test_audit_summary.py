"""Look here if you want to know that an audit fits a screen, whatever it is of."""

from lion.cli.audit_summary import summarize_manifest, summarize_run
from lion.cli.screen import Screen
from lion.policy.policy_file import parse_policy
from lion.ports import Surroundings
from lion.review.check import audit_manifest
from lion.review.loaded import ComponentInfo
from tests.cli.kit import WASM, Lion
from tests.review.test_rights import NO_POLICY, NOT_COVERED, Story, plan_of

SCREEN = Screen(None)
LINES, WIDTH = 40, 250
HOLDERS = 60


def test_a_run_of_many_holders_that_do_much_and_are_refused_more() -> None:
    manifest = "".join(
        f'[agents.a{n}]\ncomponent = "a"\nallow.tools = ["p.x{n}", "p.y{n}"]\n'
        for n in range(HOLDERS)
    )
    story = Story(manifest=f'[plugins.p]\ncomponent = "p"\n{manifest}')
    for n in range(HOLDERS):
        for target in ("p.z", "p." + "w" * 3_000, "p.\x1b[2J"):
            story.call(f"a{n}", "tools call", target, opinion=NOT_COVERED)
    lines = list(summarize_run(story.audit(), SCREEN))
    assert len(lines) <= LINES and max(map(len, lines)) <= WIDTH, lines
    assert "and 49 more" in lines and "\x1b" not in "".join(lines)
    assert f"        and {3 * HOLDERS - 3} more" in lines


def test_a_manifest_of_many_holders() -> None:
    urls = [f"GET https://{n}.example.com/{'x' * 200}" for n in range(40)]
    text = "".join(
        f'[plugins.p{n}]\ncomponent = "p"\nallow.http = {urls}\n' for n in range(HOLDERS)
    )
    plan = plan_of(text)
    infos = {
        name: ComponentInfo("d", 1, {"lion:host/http@0.1.0": ["send"]}, (), False)
        for name in plan.holders
    }
    stale = Surroundings(stale=dict.fromkeys(plan.holders, "src"))
    lines = list(summarize_manifest(audit_manifest(plan, infos, NO_POLICY, stale), SCREEN))
    assert len(lines) <= LINES and max(map(len, lines)) <= WIDTH, lines
    assert any("and 39 more" in line for line in lines)


def test_what_a_rule_stopped_is_said_with_its_line(lion: Lion) -> None:
    path = lion.write(f"""
name = "x"
[plugins.notebook]
component = "{WASM}/notebook.wasm"
allow.kv = {{ bytes = "1 KiB" }}
[[run]]
call = "notebook.write"
with = {{ title = "a", text = "b" }}
""")
    policy = lion.write("# mine\n\ndeny = [\n  'random',\n  \"kv set **\",\n]\n", "policy.toml")
    run = lion("run", path, "--policy", policy)
    assert "denied  notebook  kv set page/a   policy line 5: denied by policy rule" in run.stdout
    assert "\nrun " in run.stdout and ": 1 call, 1 denied, " in run.stdout
    text = lion("audit").stdout
    assert "error     notebook.write: " in text and "returned" not in text
    assert "ran once (1 error)" in text
    assert "stopped notebook  kv  once by policy line 5" in text
    assert "could be removed" not in text
    assert text.endswith(" audit last --full\n")
    full = lion("audit", "--full").stdout
    assert "stopped     kv  once by policy line 5" in full and "0 grants were never used" in full
    assert "-> by policy line 5: denied by policy rule" in lion("log", "--denied").stdout
    assert parse_policy(policy.read_text()).deny[1].line == 5
