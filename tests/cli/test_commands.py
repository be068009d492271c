"""Look here if you want to know what each command prints, with real components."""

import json

from tests.cli.kit import ROOT, WASM, Lion, tour


def said_lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if " | " in line]


def test_every_command_explains_itself() -> None:
    import click
    from click.testing import CliRunner

    from lion.cli.lazy_group import COMMANDS, LazyGroup, lion

    assert isinstance(lion, LazyGroup)
    for name in COMMANDS:
        command = lion.get_command(click.Context(lion), name)
        inner = list(command.commands) if isinstance(command, click.Group) else [None]
        for words in ([name, *filter(None, [one]), "--help"] for one in inner):
            result = CliRunner().invoke(lion, words)
            assert result.exit_code == 0
            assert "--json" in result.output, words


def test_a_run_its_log_and_its_replay(lion: Lion) -> None:
    run = lion("run", lion.write(tour()))
    assert (run.returncode, run.stderr) == (0, "")
    assert any(line.startswith("ann | ") for line in said_lines(run.stdout))
    assert any(line.startswith("bob | ") for line in said_lines(run.stdout))
    assert "ok      ann  " in run.stdout
    assert "denied  bob  tools " in run.stdout
    assert "-m lion replay last" in run.stdout

    replay = lion("replay", "last")
    assert replay.returncode == 0, replay.stderr
    assert "identical" in replay.stdout
    assert said_lines(replay.stdout) == said_lines(run.stdout)

    verify = lion("verify")
    assert verify.returncode == 0
    assert verify.stdout.startswith("ok  run ")

    log = lion("log", "last").stdout.splitlines()
    assert log[0].startswith("run ")
    assert " begins    tour with hello, " in log[3]
    assert " ends      exit 0; " in log[-1]
    assert any(" -> by grants: no grant covers it" in line for line in log)


def test_the_line_that_is_suggested_allows_it(lion: Lion) -> None:
    path = lion.write(tour())
    lines = lion("run", path).stdout.splitlines()
    assert any(line.startswith("denied  bob  tools start notebook.write") for line in lines)
    (place,) = [at for at, line in enumerate(lines) if "under [agents.bob]" in line]
    # He was refused two things, and one line says both.
    assert lines[place - 1].startswith("denied  bob  tools call notebook.remove")
    assert lines[place].strip() == "allow all: under [agents.bob] in manifest.toml write"
    place -= 1
    before = 'allow.tools = ["calculator.*", "hello.*"]'
    assert path.read_text().count(before) == 1
    lion.write(path.read_text().replace(before, lines[place + 2].strip()))
    again = lion("run", path)
    assert again.returncode == 0
    assert "denied  bob" not in again.stdout


def test_what_programs_read(lion: Lion) -> None:
    report = lion.json("run", lion.write(tour()))
    assert report["exit_code"] == 0
    assert [ending["name"] for ending in report["endings"]] == ["ann", "bob"]
    assert report["denied"] == sum(denial["times"] for denial in report["denials"])
    assert "bob" in {denial["holder"] for denial in report["denials"]}

    (summary,) = lion.json("runs")
    assert (summary["run"], summary["state"]) == (report["run"], "ended")
    prefix = report["run"][:8]
    verified = lion.json("verify", prefix)
    assert (verified["finished"], verified["records"]) == (True, summary["records"])
    replayed = lion.json("replay", prefix)
    assert (replayed["identical"], replayed["difference"]) == (True, None)
    records = [json.loads(line) for line in lion("log", prefix, "--json").stdout.splitlines()]
    assert [record["seq"] for record in records] == list(range(1, summary["records"] + 1))
    assert len(verified["head"]) == 64
    assert records[0]["event"]["manifest_name"] == "tour"


def test_runs_are_a_table(lion: Lion) -> None:
    assert lion("call", WASM / "hello.wasm", "greet", '{"name": "Ann"}').returncode == 0
    header, line = lion("runs").stdout.splitlines()
    assert header.split() == ["run", "manifest", "started", "records", "state", "verified"]
    assert line.split()[1] == "hello"
    assert line.split()[-2:] == ["ended", "-"]
    assert lion("verify", line.split()[0]).returncode == 0
    assert " ended  ok 20" in lion("runs", "--size").stdout.splitlines()[1]


def test_the_table_of_runs_is_the_same_on_a_terminal() -> None:
    from lion.cli.commands.runs import render_runs
    from lion.cli.screen import Screen
    from lion.ports import RunSummary

    runs = [
        RunSummary(f"{n}123456789", "name\x1b" * n, n * 10**18, 10**n, n, False) for n in (0, 1, 2)
    ]
    plain = render_runs(runs, {}, None, Screen(None))
    assert plain == render_runs(runs, {}, None, Screen(None, is_terminal=True)) != ""
    assert plain.splitlines()[2].split() == [
        "11234567", "name\\x1b", "2001-09-09T01:46:40Z", "10", "ended,", "exit", "1", "-",
    ]  # fmt: skip


def test_ids_are_as_short_as_they_are_unique() -> None:
    from lion.cli.commands.runs import shortened

    assert shortened([]) == []
    assert shortened(["0123456789", "abcdefghij"]) == ["01234567", "abcdefgh"]
    assert shortened(["0123456789", "0123456799"]) == ["012345678", "012345679"]


def test_call_prints_the_result_and_nothing_else(lion: Lion) -> None:
    result = lion("call", WASM / "hello.wasm", "hello.greet", '{"name": "Ann"}')
    assert (result.returncode, result.stdout, result.stderr) == (0, '"Hello, Ann!"\n', "")
    piped = lion("call", WASM / "hello.wasm", "greet", "-", stdin='{"name": "Bob"}')
    assert piped.stdout == '"Hello, Bob!"\n'


def test_call_tells_the_tools_own_error(lion: Lion) -> None:
    words = ("call", WASM / "calculator.wasm", "divide", '{"a": 1, "b": 0}')
    result = lion(*words)
    assert (result.returncode, result.stdout) == (1, "")
    assert "division by zero" in result.stderr
    (ending,) = lion.json(*words)["endings"]
    assert (ending["ok"], ending["value"], ending["ending"]) == (
        False,
        "division by zero",
        "error",
    )


def test_call_tells_a_guests_last_words(lion: Lion) -> None:
    words = ("call", WASM / "hostile.wasm", "panic", '{"message": "no\\u001b[31m way"}')
    result = lion(*words)
    assert (result.returncode, result.stdout) == (3, "")
    assert "no\\x1b[31m way" in result.stderr
    assert "Traceback" not in result.stderr


def test_call_tells_what_a_bare_component_was_denied(lion: Lion) -> None:
    result = lion("call", WASM / "notebook.wasm", "count")
    assert result.returncode == 1
    assert "denied  notebook  kv " in result.stderr


def test_check_says_who_may_do_what(lion: Lion) -> None:
    allow = 'allow.tools = ["calculator.*", "hello.*"]'
    text = tour().replace(allow, 'allow.tools = ["calculator.ad"]\nallow.kv = { bytes = "1 KiB" }')
    path = lion.write(text)
    result = lion("check", path)
    assert (result.returncode, result.stderr) == (0, "")
    assert "granted but not there: tool calculator.ad; did you mean 'add'?" in result.stdout
    assert "granted but not imported: kv" in result.stdout
    holders = {holder["name"]: holder for holder in lion.json("check", path)["holders"]}
    assert "kv" in holders["notebook"]["may_use"]
    assert "kv" not in holders["bob"]["may_use"]
    assert "tools" in holders["ann"]["may_use"]


def test_check_keeps_to_the_policy(lion: Lion) -> None:
    policy = lion.write('deny = ["kv"]', "policy.toml")
    checked = lion.json("check", lion.write(tour()), "--policy", policy)
    holders = {holder["name"]: holder for holder in checked["holders"]}
    assert "kv" not in holders["notebook"]["may_use"]
    assert holders["notebook"]["warnings"] == ['granted but denied by policy rule "kv": kv']
    denial = 'denied by policy rule "kv"'
    assert holders["notebook"]["refused"] == [
        {"capability": "kv", "by": "policy line 1", "reason": denial}
    ]
    text = lion("check", lion.write(tour()), "--policy", policy).stdout
    assert "         denied   kv by policy line 1\n" in text


def test_check_describes_tools_alike_whoever_wrote_them(lion: Lion) -> None:
    text = f'''
name = "library"
[plugins.calculator]
component = "{WASM}/calculator.wasm"
[system.db]
use = "sqlite-query"
settings = {{ file = "{ROOT}/examples/library/library.sqlite" }}
'''
    holders = {h["name"]: h for h in lion.json("check", lion.write(text))["holders"]}
    component = lion.json("inspect", WASM / "calculator.wasm")
    assert holders["calculator"]["described"] == component["tools"]
    for holder in holders.values():
        assert [tool["name"] for tool in holder["described"]] == holder["tools"]
    query, tables = holders["db"]["described"]
    assert query["type"].startswith("(sql: str, ")
    assert query["description"].startswith("Read the database")
    assert query["input_schema"]["required"] == ["sql"]
    assert query["input_schema"]["properties"]["sql"]["type"] == "string"
    assert tables["output_schema"]["type"] == "array"


def test_inspect_shows_ceiling_and_tools(lion: Lion) -> None:
    result = lion("inspect", WASM / "calculator.wasm")
    assert result.returncode == 0
    assert "lion:host/log@0.1.0: write" in result.stdout
    assert "The sum of two numbers." in result.stdout
    info = lion.json("inspect", WASM / "guide.wasm")
    assert info["is_agent"]
    assert info["size"] == (WASM / "guide.wasm").stat().st_size


def test_set_fills_a_variable(lion: Lion) -> None:
    text = tour(task="${what}").replace(
        "[plugins.hello]", '[vars]\nwhat = "1 + 1"\n[plugins.hello]'
    )
    report = lion.json("run", lion.write(text), "--set", "what=20 + 2")
    assert report["endings"][0]["text"].startswith("20 + 2")


def test_diagnostics_go_to_stderr(lion: Lion) -> None:
    words = ("call", WASM / "hello.wasm", "greet", '{"name": "Ann"}', "-v")
    result = lion(*words)
    assert result.stdout == '"Hello, Ann!"\n'
    assert "greeting Ann" in result.stderr
    told = [json.loads(line) for line in lion(*words, "--log-format", "json").stderr.splitlines()]
    assert {"event": "greeting Ann", "level": "info"}.items() <= told[-2].items()
    assert told[-2]["principal"] == "hello"


def test_a_log_without_runs_lists_none_and_is_no_mistake(lion: Lion) -> None:
    result = lion("runs")
    assert (result.returncode, result.stdout) == (0, "")
    assert result.stderr == "no runs yet; start one with: lion run MANIFEST\n"
    assert lion.json("runs") == []
    assert lion("log").returncode == 2
    lion("check", lion.write(tour()))  # opens a log, and runs nothing
    assert (lion("runs").returncode, lion("runs").stdout) == (0, "")
