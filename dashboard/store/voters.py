"""Who voted, without saying who: voters are kept as keyed hashes, and the key stays outside the store.

The key lies beside the store (`STORE.key`), made when the first votes come in; the store keeps only a mark of it, so
that another key is noticed before it would make two people of one.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Callable
from pathlib import Path

from dashboard.errors import StoreError
from dashboard.store.cells import plain
from dashboard.store.connection import Store

PROPERTY = "voter_key"
_BYTES = 15  # of a hash: 120 bits, which a DECIMAL(38, 0) holds
_WRITTEN = re.compile(r"#[0-9a-f]{30}")

KEY_BYTES = 32
PARTS = 256  # voters can be taken in so many parts

Hash = Callable[[str], int]


def key_path(store: Store) -> Path | None:
    """Where the key of a store lies; None for a store in memory."""
    return None if store.path is None else store.path.with_name(store.path.name + ".key")


def voter_hash(store: Store) -> Hash:
    """The keyed hash of a voter's key, after trimming and NFKC; made and marked at first use.

    A hash that was exported (`written`) stands for itself.

    Raises:
        StoreError: the store has votes under a key that is missing, or is another one.
    """
    key = _key(store)

    def hashed(text: str) -> int:
        voter = plain(text)
        if _WRITTEN.fullmatch(voter):
            return int(voter[1:], 16)
        return int.from_bytes(hashlib.blake2b(voter.encode(), key=key, digest_size=_BYTES).digest(), "big")

    return hashed


def part(voter: int | None) -> int | None:
    """The part that a voter falls into."""
    return None if voter is None else voter % PARTS


def written(voter: int) -> str:
    """A hash as files write it."""
    return f"#{voter:030x}"


def set_up(store: Store, key: bytes) -> None:
    """Give a store without votes a key that is known, as synthetic data has; its file is made anew."""
    path = key_path(store)
    if path:
        path.unlink(missing_ok=True)
        _write(path, key)
    store.secrets[PROPERTY] = key


def _key(store: Store) -> bytes:
    mark, path = store.property(PROPERTY), key_path(store)
    key = store.secrets.get(PROPERTY) or (_read(path) if path else None)
    if mark is None and key is None:
        key = secrets.token_bytes(KEY_BYTES)
        if path:
            _write(path, key)
    if key is None:
        raise StoreError.of("store.key_missing", str(path))
    if mark is None:
        with store.transaction() as cursor:
            cursor.execute("INSERT INTO properties VALUES (?, ?)", [PROPERTY, _mark(key)])
    elif mark != _mark(key):
        raise StoreError.of("store.key_wrong", str(path))
    store.secrets[PROPERTY] = key
    return key


def _mark(key: bytes) -> str:
    return hashlib.sha256(b"voter key" + key).hexdigest()


def _read(path: Path) -> bytes | None:
    try:
        key = bytes.fromhex(path.read_text("ascii").strip())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as exc:
        raise StoreError.of("store.key_unreadable", str(path)) from exc
    if len(key) != KEY_BYTES:  # an empty key, as a crash may leave behind, would hide nobody
        raise StoreError.of("store.key_unreadable", str(path))
    return key


def _write(path: Path, key: bytes) -> None:
    """Only the owner may read it."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(key.hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as exc:
        raise StoreError.of("store.key_unreadable", str(path)) from exc
