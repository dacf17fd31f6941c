"""The store as a file: one process, transactions, migrations, and clear words when it cannot be opened."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import duckdb
import pytest

from dashboard.errors import StoreError
from dashboard.settings import ROOT
from dashboard.store.connection import NothingToDo, Store
from dashboard.store.migrate import migrations
from tests.helpers import codes


def opened(path: Path) -> StoreError:
    with pytest.raises(StoreError) as caught:
        Store(path)
    return caught.value


def test_a_write_is_all_or_nothing_and_makes_a_revision(tmp_path: Path) -> None:
    with Store(tmp_path / "s.duckdb") as store:
        assert store.revision().version == 0
        with store.write("test") as cursor:
            cursor.execute("INSERT INTO superiors VALUES ('S1', 'x', 'organ')")
        assert store.revision().version == 1
        with pytest.raises(ZeroDivisionError), store.write("test") as cursor:
            cursor.execute("DELETE FROM superiors")
            raise ZeroDivisionError
        with store.write("test") as cursor:
            cursor.execute("DELETE FROM superiors")
            raise NothingToDo
        assert store.revision().version == 1
        assert len(store.query("SELECT * FROM superiors")) == 1
    with Store(tmp_path / "s.duckdb") as store:
        assert store.revision().version == 1
        assert store.revision().action == "test"


def test_another_process_is_told_that_the_store_is_in_use(tmp_path: Path) -> None:
    path = tmp_path / "s.duckdb"
    script = "import sys, pathlib; from dashboard.store.connection import Store; Store(pathlib.Path(sys.argv[1]))"
    with Store(path):
        done = subprocess.run(
            [sys.executable, "-c", script, str(path)], cwd=ROOT, capture_output=True, text=True, check=False
        )
    assert "store.locked" in done.stderr


def test_what_is_no_store_is_refused_and_left_alone(tmp_path: Path) -> None:
    text = tmp_path / "text.duckdb"
    text.write_text("这不是数据库" * 1000, "utf-8")
    assert codes(opened(text)) == ["store.unreadable"]
    assert text.read_text("utf-8") == "这不是数据库" * 1000
    foreign = tmp_path / "foreign.duckdb"
    with duckdb.connect(str(foreign)) as other:
        other.execute("CREATE TABLE t (x INTEGER)")
    assert codes(opened(foreign)) == ["store.foreign"]


def test_a_store_of_a_newer_version_or_with_other_migrations_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.duckdb"
    Store(path).close()
    with duckdb.connect(str(path)) as other:
        other.execute("INSERT INTO schema_migrations (number, name, checksum) VALUES (9999, 'later', 'x')")
    assert codes(opened(path)) == ["store.newer"]
    with duckdb.connect(str(path)) as other:
        other.execute("DELETE FROM schema_migrations WHERE number = 9999")
        other.execute("UPDATE schema_migrations SET checksum = 'x' WHERE number = 1")
    assert codes(opened(path)) == ["store.migration_changed"]


def test_migrations_are_numbered_without_gaps() -> None:
    assert [m.number for m in migrations()] == list(range(1, len(migrations()) + 1))


def test_nothing_outside_the_store_can_be_read_by_sql(tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("a\n1\n")
    with Store(tmp_path / "s.duckdb") as store, pytest.raises(duckdb.Error):
        store.query(f"SELECT * FROM read_csv('{tmp_path / 'secret.csv'}')")


def test_readers_and_writers_in_many_threads_see_whole_revisions(tmp_path: Path) -> None:
    """Each write adds two rows; no reader ever sees one of them alone, nor a wrong count."""
    wrong: list[int] = []
    with Store(tmp_path / "s.duckdb") as store:

        def write(thread: int) -> None:
            for n in range(15):
                with store.write("pair") as cursor:
                    cursor.execute("INSERT INTO superiors VALUES (?, 'x', 'organ')", [f"{thread}-{n}-a"])
                    cursor.execute("INSERT INTO superiors VALUES (?, 'x', 'organ')", [f"{thread}-{n}-b"])

        def read() -> None:
            for _ in range(60):
                count = store.query("SELECT count(*) AS n FROM superiors").column("n").to_pylist()[0]
                if count % 2:
                    wrong.append(count)

        threads = [threading.Thread(target=write, args=(i,)) for i in range(4)]
        threads += [threading.Thread(target=read) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not wrong
        assert len(store.query("SELECT * FROM superiors")) == 4 * 15 * 2
        assert store.revision().version == 60
