"""Edits of the log's rows by somebody with SQL, and which fault of the run RUN names each: at
which record, and of which kind. The log is that of test_tampering.py."""

from tests.log.rig import RUN

ID = f"(SELECT id FROM runs WHERE run = '{RUN}')"
OURS = f"run = {ID}"
ANOTHER = "(SELECT id FROM runs WHERE run = 'another')"
FIRST = f"(SELECT min(position) FROM segments WHERE run = {ANOTHER})"
REST = """first_ns, last_ns, size, parts, types, principals, denied, kept, digest, data
          FROM segments"""
KV = "kv"
DAMAGES: dict[str, tuple[str, tuple[object, object]]] = {
    # Segments.
    "all segments removed": (f"DELETE FROM segments WHERE {OURS}", (1, "note")),
    "a segment moved to the other run": (
        f"UPDATE segments SET run = {ANOTHER}, last_seq = 999 WHERE {OURS}", (1, "note"),
    ),
    "a segment of the other run moved here": (
        f"UPDATE segments SET run = {ID}, first_seq = 61, last_seq = 62 WHERE position = {FIRST}",
        (61, "note"),
    ),
    "a copy added at the end": (
        f"INSERT INTO segments SELECT 9999, run, 61, 120, 10059, {REST} WHERE {OURS}",
        (61, "note"),
    ),
    "its first seq": (f"UPDATE segments SET first_seq = 2 WHERE {OURS}", (1, "missing")),
    "its last seq": (f"UPDATE segments SET last_seq = 59 WHERE {OURS}", (60, "note")),
    "its last position": (
        f"UPDATE segments SET last_position = last_position + 1 WHERE {OURS}", (1, "changed"),
    ),
    "its position": (f"UPDATE segments SET position = 99999 WHERE {OURS}", (1, "changed")),
    "its first time": (f"UPDATE segments SET first_ns = 1 WHERE {OURS}", (1, "changed")),
    "its last time": (f"UPDATE segments SET last_ns = last_ns + 1 WHERE {OURS}", (1, "changed")),
    "its size": (f"UPDATE segments SET size = size + 1 WHERE {OURS}", (1, "changed")),
    "how many parts it has": (f"UPDATE segments SET parts = 2 WHERE {OURS}", (1, "changed")),
    "one part instead of many": (f"UPDATE segments SET parts = 1 WHERE {OURS}", (1, "changed")),
    "the types it is found by": (f"UPDATE segments SET types = '' WHERE {OURS}", (1, "changed")),
    "the principals it is found by": (
        f"UPDATE segments SET principals = ' x ' WHERE {OURS}", (1, "changed"),
    ),
    "how many were denied": (f"UPDATE segments SET denied = 1 WHERE {OURS}", (1, "changed")),
    "that it keeps something": (f"UPDATE segments SET kept = 0 WHERE {OURS}", (1, "changed")),
    "its digest": (f"UPDATE segments SET digest = zeroblob(32) WHERE {OURS}", (1, "broken")),
    "its bytes": (f"UPDATE segments SET data = zeroblob(90) WHERE {OURS}", (1, "changed")),
    # What lies elsewhere.
    "a large body lost": ("DELETE FROM blobs WHERE length(data) > 4999", (32, "changed")),
    "a large body changed": (
        "UPDATE blobs SET data = replace(data, 'x', 'y') WHERE length(data) > 4999",
        (32, "changed"),
    ),
    "a component changed": (
        "UPDATE blobs SET data = zeroblob(4500) WHERE length(data) = 4500", (1, "component"),
    ),
    "a component lost": ("DELETE FROM blobs WHERE length(data) = 4500", (1, "component")),
    # The list of runs.
    "an ended run made live": (
        f"UPDATE runs SET exit_code = NULL WHERE run = '{RUN}'", (60, "note"),
    ),
    "another exit code": (f"UPDATE runs SET exit_code = 3 WHERE run = '{RUN}'", (60, "note")),
    "more records": (f"UPDATE runs SET records = 61 WHERE run = '{RUN}'", (61, "note")),
    "fewer records": (f"UPDATE runs SET records = 59 WHERE run = '{RUN}'", (60, "note")),
    "another head": (f"UPDATE runs SET head = zeroblob(32) WHERE run = '{RUN}'", (61, "note")),
    "the run renamed": (f"UPDATE runs SET run = 'x' WHERE run = '{RUN}'", (1, "foreign")),
    "another manifest's name": (
        f"UPDATE runs SET manifest_name = 'x' WHERE run = '{RUN}'", (1, "note"),
    ),
    "another beginning": (f"UPDATE runs SET started_ns = 1 WHERE run = '{RUN}'", (1, "note")),
    "another size": (f"UPDATE runs SET bytes = bytes + 1 WHERE run = '{RUN}'", (60, "note")),
    # What guests keep.
    "a value changed": ("UPDATE kv SET value = 'x' WHERE key = 'key'", (None, KV)),
    "a value taken back": ("UPDATE kv SET value = 'old' WHERE key = 'key'", (None, KV)),
    "a key changed": ("UPDATE kv SET key = 'x' WHERE key = 'key'", (None, KV)),
    "a value removed": ("DELETE FROM kv WHERE key = 'key'", (None, KV)),
    "a value put there": ("INSERT INTO kv VALUES ('owner/guide', 'new', 'x')", (None, KV)),
    "a store put there": ("INSERT INTO kv VALUES ('owner/new', 'new', 'x')", (None, KV)),
    "a store put there, and counted": (
        "INSERT INTO kv_usage VALUES ('owner/new', 0, zeroblob(32))", (None, KV),
    ),
    "a store given to another": (
        "UPDATE kv SET namespace = 'owner/bard' WHERE key = 'key'", (None, KV),
    ),
    "more room": ("UPDATE kv_usage SET bytes = 0 WHERE bytes > 0", (None, KV)),
    "another digest of a store": ("UPDATE kv_usage SET digest = zeroblob(32)", (None, KV)),
    "a store's count lost": ("DELETE FROM kv_usage WHERE bytes > 0", (None, KV)),
    # Budgets.
    "less used": ("UPDATE budgets SET used = 0", (60, "budgets")),
    "a higher limit": ('UPDATE budgets SET "limit" = 1000', (60, "budgets")),
    "a budget lost": ("DELETE FROM budgets", (60, "budgets")),
    "a budget put there": (
        f"INSERT INTO budgets VALUES ('{RUN}', 'guide', 'x', 1, 1)", (60, "budgets"),
    ),
    # The schema.
    "a trigger planted": (
        "CREATE TRIGGER t AFTER INSERT ON kv BEGIN DELETE FROM segments; END", (None, "schema"),
    ),
    "a view planted": ("CREATE VIEW v AS SELECT * FROM kv", (None, "schema")),
    "a table planted": ("CREATE TABLE t (x)", (None, "schema")),
    "an index planted": ("CREATE INDEX i ON kv (value)", (None, "schema")),
    "an index dropped": ("DROP INDEX segments_by_end", (None, "schema")),
    "a column added": ("ALTER TABLE kv ADD COLUMN x", (None, "schema")),
}  # fmt: skip
