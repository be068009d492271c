"""Look here if you want to know that a directory which the operator's rules name is in no grant,
however it is named, and whatever lies above or in it.
"""

import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from lion.capabilities.fs import roots
from lion.capabilities.fs.barred import bars_of
from lion.capabilities.fs.guard import Guard
from lion.capabilities.fs.roots import check_files, list_directories, open_files
from lion.domain.plan import Plan
from lion.errors import OperatorError
from lion.policy.policy_file import parse_policy
from tests.capabilities.fs.rig import grant, plan_of
from tests.capabilities.fs.test_mounts import APART, ROOT, may_mount


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the operator's, with keys; the account's other one is not asked."""
    monkeypatch.setattr("lion.places.pwd.getpwuid", _nobody)
    for folder in (".ssh/keys", "notes", "work"):
        (tmp_path / "home" / folder).mkdir(parents=True)
    return tmp_path / "home"


def _nobody(number: int) -> None:
    raise KeyError(number)


def guard(home: Path, *rules: str, key: str = "deny") -> Guard:
    words = ", ".join(f"'{rule}'" for rule in rules)
    return Guard(bars=bars_of(parse_policy(f"{key} = [{words}]"), {"HOME": str(home)}))


def is_refused(guard: Guard, at: Path, *, write: bool = True) -> bool:
    given = grant("/n", at, write=write)
    assert given.mount is not None
    follows = replace(given, mount=replace(given.mount, follow=True))
    try:
        check_files(plan_of(follows), guard)
    except OperatorError as exc:
        assert "policy rule" in exc.what and "policy line 1" in exc.what
        return True
    return False


@pytest.mark.parametrize(
    ("rule", "at", "refused"),
    [
        ("~/.ssh/**", ".ssh", True),
        ("~/.ssh", ".ssh/keys", True),
        ("~/.ssh/**", ".ssh/new", True),
        ("~/.ssh/**", ".", True),
        ("~/.ssh/**", "..", True),
        ("~/.SSH/**", ".ssh", True),
        ("~/.ssh/**", "notes", False),
        ("~/.ssh/**", "new", False),
        ("~/.s", ".ssh", False),
        ("~/.ssh-not-there", "notes", False),
        ("~/.gnupg", ".", True),
        ("~/.gnupg", ".gnupg", True),
        ("~/.Gnupg", ".gNupg", True),
        ("~/gr\u00fcn", "gru\u0308n", True),
        ("~/*/keys", ".ssh/keys", True),
        ("~/*/keys", ".ssh", True),
        ("~/*/keys", ".ssh/other", False),
        ("~/w*/**", "work", True),
        ("~/w*/**", "notes", False),
        ("~", "notes", True),
        ("/", "notes", True),
        ("/**", "new", True),
    ],
)
def test_what_a_rule_names(home: Path, rule: str, at: str, refused: bool) -> None:
    assert is_refused(guard(home, f"fs-at write {rule}"), home / at) is refused
    assert is_refused(guard(home, f"fs-at * {rule}"), home / at) is refused
    assert is_refused(guard(home, f"fs-at write {rule}", key="ask"), home / at) is refused
    assert not is_refused(Guard(), home / at)


def test_what_each_verb_keeps_from_grants(home: Path) -> None:
    for rule, reads, writes in (
        ("fs-at write ~/.ssh", False, True),
        ("fs-at read ~/.ssh", True, True),
        ("fs-at * ~/.ssh", True, True),
        ("fs-at write", False, True),
        ("fs-at", True, True),
    ):
        found = guard(home, rule)
        assert is_refused(found, home / ".ssh", write=False) is reads, rule
        assert is_refused(found, home / ".ssh", write=True) is writes, rule


@pytest.mark.parametrize("at", ["../other/ssh", "../other", "../other/ssh/keys", "hop", ".ssh2"])
def test_links_are_no_way_around(home: Path, at: str) -> None:
    """`.ssh2` leads by `hop/ssh` to `other/ssh`: whoever may write one of these decides of it."""
    (home / "../other/ssh/keys").mkdir(parents=True)
    (home / "hop").mkdir()
    (home / "hop/ssh").symlink_to("../../other/ssh")
    (home / ".ssh2").symlink_to("hop/ssh")
    where = home.parent / at[3:] if at.startswith("..") else home / at
    assert is_refused(guard(home, "fs-at write ~/.ssh2"), where)
    assert not is_refused(guard(home, "fs-at write ~/.ssh2"), home / "notes")


BOUND = """
import subprocess, sys
from pathlib import Path
from tests.capabilities.fs.test_barred import guard, is_refused

home = Path(sys.argv[1])
subprocess.run(["mount", "--bind", str(home / ".ssh"), str(home / "work")], check=True)
print(is_refused(guard(home, "fs-at write ~/.ssh"), home / "work/keys"),
      is_refused(guard(home, "fs-at write ~/.ssh"), home / "notes"))
"""


def test_a_mount_of_it_is_no_way_around(home: Path) -> None:
    if not may_mount():
        pytest.skip("this system lets nobody mount in a name space of their own")
    done = subprocess.run(
        [*APART, sys.executable, "-c", BOUND, str(home)], cwd=ROOT, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.stdout.split() == ["True", "False"], done.stderr


def test_a_home_that_is_a_link(home: Path) -> None:
    (home.parent / "link").symlink_to(home)
    found = guard(home.parent / "link", "fs-at write ~/.ssh/**")
    assert is_refused(found, home / ".ssh")
    assert is_refused(found, home.parent / "link" / ".ssh" / "keys")


def test_a_link_to_it_is_it(home: Path) -> None:
    (home / "harmless").symlink_to(".ssh")
    assert is_refused(guard(home, "fs-at read ~/.ssh"), home / "harmless", write=False)


async def test_what_changes_after_the_look_is_looked_at_again(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The directory is the same, and meanwhile it lies in what the rule names."""
    looked = roots.check_files

    def move(plan: Plan, guard: Guard) -> roots.Directories:
        found = looked(plan, guard)
        (home / ".gnupg").symlink_to("notes")
        return found

    monkeypatch.setattr(roots, "check_files", move)
    plan = plan_of(grant("/n", home / "notes", write=True))
    with pytest.raises(OperatorError, match="may not be written"):
        async with open_files(plan, guard(home, "fs-at write ~/.gnupg")):
            pass


async def test_a_run_says_what_check_says(home: Path) -> None:
    plan = plan_of(grant("/n", home / ".ssh"))
    found = guard(home, "fs-at read ~/.ssh")
    with pytest.raises(OperatorError) as ran:
        async with open_files(plan, found):
            pass
    with pytest.raises(OperatorError) as checked:
        check_files(plan, found)
    assert str(ran.value) == str(checked.value)
    ((one,),) = list_directories(plan, found).values()
    assert one.problem == checked.value.what


def test_a_home_that_nobody_knows_is_an_error(home: Path) -> None:
    with pytest.raises(OperatorError, match="names ~, and nobody knows where that is"):
        bars_of(parse_policy("deny = ['fs-at write ~/.ssh']"), {})
    assert bars_of(parse_policy("deny = ['fs-at write /srv', 'fs write **']"), {})


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("fs-at delete ~/x", "no operation 'delete'"),
        ("fs-at write ssh", "names no directory"),
        ("fs-at write ~ann/x", "names no directory"),
        ("fs-at write **", "names no directory"),
        ("fs-at write ~/**/x", "at the end only"),
        ("fs-at write ~/a**", "at the end only"),
        ("fs-at write ~/a//b", "has a name ''"),
        ("fs-at write ~/../b", "has a name '..'"),
    ],
)
def test_rules_that_cannot_be(rule: str, words: str) -> None:
    with pytest.raises(OperatorError, match=words.replace("*", r"\*")):
        parse_policy(f"deny = ['{rule}']")
