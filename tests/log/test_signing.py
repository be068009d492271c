"""A run's head is signed: whoever has the log and not the key cannot make another past, and what
is signed is read by verifiers that others have.
"""

import json
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
import trio

from lion.domain.events import HeadSigned, LineLogged, encode_body
from lion.errors import AuditError, OperatorError
from lion.log import keys, sqlite_store
from lion.log.heads import Head, cose_sign1, dsse_envelope, is_genuine, payload_of, sign_head
from lion.log.keys import KEY_NAME, PUBLIC_NAME, make_key, read_key, read_public
from lion.log.signed import heads_of
from lion.log.sqlite import open_sqlite_log, open_sqlite_reader
from lion.log.sqlite_schema import LOG_NAME
from lion.proof import verify_run
from lion.settings import Settings
from tests.log.planting import forge
from tests.log.rig import RUN, draft, finished

HEAD = Head(run=RUN, seq=7, digest="ab" * 32, time_ns=1_700_000_000_000_000_000)


@pytest.fixture
def key(tmp_path: Path) -> keys.SigningKey:
    return make_key(tmp_path / "config")


def settings(tmp_path: Path) -> Settings:
    return Settings(state=tmp_path / "state", cache=tmp_path, config=tmp_path / "config")


async def write(directory: Path, key: keys.SigningKey | None, *, ends: bool = True) -> None:
    async with open_sqlite_log(directory, signer=key) as log:
        await log.start_run(RUN, "hello")
        for n in range(40):
            log.append(draft(f"line {n}", call=n))
            if n % 9 == 0:
                await log.commit()
        if ends:
            log.append(finished())


class TestForms:
    def test_both_signatures_are_over_all_of_the_head(self, key: keys.SigningKey) -> None:
        signed = sign_head(HEAD, key)
        assert is_genuine(signed)
        others = {
            "run": "x", "seq": 8, "digest": "ac" * 32, "time_ns": 1, "key": "00" * 32,
            "signature": bytes(64), "cose": bytes(64),
        }  # fmt: skip
        assert set(others) == set(HeadSigned.__struct_fields__)
        for name, value in others.items():
            assert not is_genuine(msgspec.structs.replace(signed, **{name: value})), name

    def test_an_auditors_dsse_takes_it(self, key: keys.SigningKey) -> None:
        from securesystemslib.dsse import Envelope
        from securesystemslib.exceptions import VerificationError
        from securesystemslib.signer import SSlibKey

        signed = sign_head(HEAD, key)
        public = SSlibKey(signed.key, "ed25519", "ed25519", {"public": signed.key})
        envelope = Envelope.from_dict(json.loads(msgspec.json.encode(dsse_envelope(signed))))
        assert envelope.verify([public], 1)
        assert json.loads(envelope.payload) == msgspec.to_builtins(HEAD)
        envelope.payload = payload_of(msgspec.structs.replace(HEAD, seq=8))
        with pytest.raises(VerificationError):
            envelope.verify([public], 1)

    def test_an_auditors_cose_takes_it(self, key: keys.SigningKey) -> None:
        from cwt import COSE, COSEKey, VerifyError

        signed = sign_head(HEAD, key)
        public = COSEKey.from_pem(key.public_pem(), kid=key.public)
        message = cose_sign1(signed)
        assert json.loads(COSE.new().decode(message, public)) == msgspec.to_builtins(HEAD)
        changed = message.replace(b'"seq":7', b'"seq":8')
        assert changed != message
        with pytest.raises(VerifyError):
            COSE.new().decode(changed, public)

    def test_a_long_head_is_cbor_too(self, key: keys.SigningKey) -> None:
        from cwt import COSE, COSEKey

        public = COSEKey.from_pem(key.public_pem(), kid=key.public)
        for length in (0, 100, 128, 200, 60_000):
            head = msgspec.structs.replace(HEAD, run="x" * length)
            message = cose_sign1(sign_head(head, key))
            assert COSE.new().decode(message, public) == payload_of(head)


class TestKeys:
    def test_it_is_private_and_openssl_reads_it(
        self, key: keys.SigningKey, tmp_path: Path
    ) -> None:
        folder = tmp_path / "config"
        assert folder.stat().st_mode & 0o777 == 0o700
        assert (folder / KEY_NAME).stat().st_mode & 0o777 == 0o600
        command = ["openssl", "pkey", "-in", str(folder / KEY_NAME), "-pubout"]
        told = subprocess.run(command, capture_output=True, check=True).stdout
        assert told == (folder / PUBLIC_NAME).read_bytes()
        found = read_key(folder)
        assert found is not None
        assert found.public == key.public == read_public(folder / PUBLIC_NAME)

    def test_none_is_made_over_another(self, key: keys.SigningKey, tmp_path: Path) -> None:
        before = (tmp_path / "config" / KEY_NAME).read_bytes()
        with pytest.raises(OperatorError, match="there is a key already"):
            make_key(tmp_path / "config")
        assert (tmp_path / "config" / KEY_NAME).read_bytes() == before

    def test_one_that_others_read_is_refused(self, key: keys.SigningKey, tmp_path: Path) -> None:
        (tmp_path / "config" / KEY_NAME).chmod(0o640)
        with pytest.raises(OperatorError, match=r"read by others.*chmod 600"):
            read_key(tmp_path / "config")

    @pytest.mark.parametrize("text", [b"", b"no key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n"])
    def test_what_is_none_is_told(self, tmp_path: Path, text: bytes) -> None:
        path = tmp_path / KEY_NAME
        path.write_bytes(text)
        path.chmod(0o600)
        with pytest.raises(OperatorError, match="no Ed25519 key"):
            read_key(tmp_path)
        with pytest.raises(OperatorError, match="no public Ed25519 key"):
            read_public(path)
        assert read_key(tmp_path / "nowhere") is None


class TestSigned:
    async def test_a_run_is_signed_when_it_ends(
        self, key: keys.SigningKey, tmp_path: Path
    ) -> None:
        await write(tmp_path / "state", key)
        report = verify_run(settings(tmp_path), RUN, is_signed=True)
        assert (report.signed, report.records) == (41, 41)
        assert report.key == key.public.hex()
        with open_sqlite_reader(tmp_path / "state") as reader:
            (signed,) = heads_of(reader, RUN)
            assert (signed.seq, signed.digest) == (41, report.head)

    async def test_and_now_and_then_before(
        self, key: keys.SigningKey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sqlite_store, "SIGN_NS", 0)
        await write(tmp_path / "state", key, ends=False)
        report = verify_run(settings(tmp_path), RUN, is_signed=True)
        with open_sqlite_reader(tmp_path / "state") as reader:
            heads = heads_of(reader, RUN)
            assert len(heads) > 3
            assert heads[-1].seq == report.records == 40
            assert all(reader.digest_at(RUN, one.seq) == one.digest for one in heads)

    async def test_heads_hold_when_segments_were_put_together(
        self, key: keys.SigningKey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sqlite_store, "SIGN_NS", 0)
        await write(tmp_path / "state", key)
        with open_sqlite_reader(tmp_path / "state") as reader:
            assert next(reader.rows(RUN)).parts > 3
        assert verify_run(settings(tmp_path), RUN).signed == 41

    async def test_without_a_key_nothing_is_signed_and_that_is_told(self, tmp_path: Path) -> None:
        await write(tmp_path / "state", None)
        assert verify_run(settings(tmp_path), RUN).signed == 0
        with pytest.raises(AuditError, match="up to record 0 of 41 only") as caught:
            verify_run(settings(tmp_path), RUN, is_signed=True)
        assert caught.value.facts["fault"] == "unsigned"


def lie(state: Path) -> None:
    """Write another past, whole to the last digest, as one who knows how would."""
    body = encode_body(LineLogged(level="info", message="it was otherwise"))
    forge(state, lambda records: [msgspec.structs.replace(records[0], body=body), *records[1:]])


async def test_another_past_verifies_where_nothing_was_signed(tmp_path: Path) -> None:
    await write(tmp_path / "state", None)
    lie(tmp_path / "state")
    assert verify_run(settings(tmp_path), RUN).finished


async def test_another_past_is_found_where_it_was(key: keys.SigningKey, tmp_path: Path) -> None:
    await write(tmp_path / "state", key)
    lie(tmp_path / "state")
    with pytest.raises(AuditError, match="what was signed up to here is not") as caught:
        verify_run(settings(tmp_path), RUN)
    assert caught.value.facts["fault"] == "head"


async def test_a_tail_that_was_cut_off_is_found(key: keys.SigningKey, tmp_path: Path) -> None:
    await write(tmp_path / "state", key)
    state = tmp_path / "state"
    forge(state, lambda records: records[:30])
    with closing(sqlite3.connect(state / LOG_NAME)) as connection, connection:
        connection.execute("UPDATE runs SET records = 30, exit_code = NULL WHERE run = ?", (RUN,))
    with pytest.raises(AuditError, match="is not there as it was"):
        verify_run(settings(tmp_path), RUN)


async def test_a_past_signed_by_another_key_is_not_by_ours(
    key: keys.SigningKey, tmp_path: Path
) -> None:
    await write(tmp_path / "state", make_key(tmp_path / "theirs"))
    ours = key.public.hex()
    assert verify_run(settings(tmp_path), RUN, is_signed=True).key != ours
    with pytest.raises(AuditError, match="by the key named up to record 0"):
        verify_run(settings(tmp_path), RUN, key=ours, is_signed=True)


def test_the_log_signs_by_itself(tmp_path: Path) -> None:
    """The host hands the key of the configuration directory to the log."""
    from lion.opening import open_host

    make_key(tmp_path / "config")
    text = (
        f'name = "x"\n[plugins.hello]\ncomponent = "{Path("plugins-wasm/hello.wasm").resolve()}"'
    )

    async def run() -> str:
        async with open_host(settings(tmp_path)) as host:
            call = '\n[[run]]\ncall = "hello.greet"\nwith = { name = "Ann" }\n'
            return (await host.run(f"{text}{call}")).run

    found = trio.run(run)
    assert verify_run(settings(tmp_path), found, is_signed=True).finished
