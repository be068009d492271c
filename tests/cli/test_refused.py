"""What is shown of a run, later, of which an entry was refused before anything of it ran."""

from tests.cli.kit import WASM, Lion


def test_a_run_that_was_refused_says_so_again(lion: Lion) -> None:
    path = lion.write(f"""
name = "refused"
[plugins.calculator]
component = "{WASM}/calculator.wasm"
[[run]]
call = "calculator.add"
with = {{ a = 1 }}
[[run]]
call = "calculator.add"
with = {{ a = 1, b = 2 }}
""")
    first = lion("run", path)
    assert first.returncode == 2
    assert "failed  calculator.add  calculator.add: arguments: missing: b" in first.stdout
    again = lion("resume", "last")
    assert again.returncode == 2
    assert "failed  calculator.add  calculator.add: arguments: missing: b" in again.stdout
    assert "interrupted" not in again.stdout
    assert "ok      calculator.add  3" in again.stdout
    assert lion("replay", "last").returncode == 0
