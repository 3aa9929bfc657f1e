# SPDX-License-Identifier: Apache-2.0
"""Keys: one master key outside the lab's folder, one random data key per product, wrapped by it.

Destroying a product's wrapped key destroys its source (crypto-shredding): the data key exists nowhere else on
disk. Backups of the key folder made before are the operator's to destroy as well.
"""

import hashlib
import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from glasshouse.engines.store.errors import (
    KeyDestroyedError,
    KeyExistsError,
    KeyNotFoundError,
    MasterKeyError,
    UnsafeMasterKeyError,
    WrongMasterKeyError,
)
from glasshouse.engines.store.files import make_folder, overwrite_and_unlink, sync_folder, write_new
from glasshouse.engines.store.sealing import KEY_BYTES, NONCE_BYTES, Sealer, derive
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.ids import Uid

_FILE_HEAD = "glasshouse-master-key/v1"
_SALT_HEAD = "glasshouse-scrypt/v1"
_WRAP_LABEL = b"glasshouse/wrap-product-key/v1"
_WRAPPED_HEAD = b"GHKEY1\n\0"
_TOMBSTONE = b"This product's key was destroyed; what it sealed cannot be read again.\n"
_SALT_BYTES = 16
# RFC 7914 with the cost OWASP names first: 128 MB and about a third of a second, once per process.
_SCRYPT_N, _SCRYPT_R, _SCRYPT_P = 2**17, 8, 1
_SCRYPT_MEMORY = 2 * 128 * _SCRYPT_N * _SCRYPT_R


def _read_private(path: Path) -> str:
    """Read a small file that nobody but its owner, who is this process's user, can read."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise MasterKeyError(f"The master key cannot be opened: {error.strerror}.") from error
    with os.fdopen(handle, "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise UnsafeMasterKeyError("The master key is not a plain file.")
        if status.st_mode & 0o077 or status.st_uid != os.geteuid():
            raise UnsafeMasterKeyError(
                "The master key may be read or changed by others than its user.",
                hint="Give the file to the user the lab runs as, with mode 0600.",
            )
        return file.read(1024).decode("ascii", "replace")


@dataclass(frozen=True, slots=True)
class MasterKey:
    """The lab's master key. It wraps product keys and does nothing else."""

    _wrap: bytes = field(repr=False)

    @classmethod
    def _of(cls, secret: bytes) -> Self:
        return cls(derive(secret, _WRAP_LABEL))

    @classmethod
    def create(cls, path: Path) -> Self:
        """Draw a fresh key and write it to a new file of mode 0600; an existing file is never replaced."""
        secret = secrets.token_bytes(KEY_BYTES)
        try:
            write_new(path, f"{_FILE_HEAD}\n{secret.hex()}\n".encode())
        except FileExistsError as error:
            raise KeyExistsError("There is a master key already.", hint="Keep it: products depend on it.") from error
        return cls._of(secret)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the key's file; refuse one that is a link, not ours, or open to anybody else."""
        lines = _read_private(path).split("\n")
        try:
            head, text, end = lines
            secret = bytes.fromhex(text)
        except ValueError as error:
            raise MasterKeyError("This file holds no master key.") from error
        if head != _FILE_HEAD or end or len(secret) != KEY_BYTES:
            raise MasterKeyError("This file holds no master key.")
        return cls._of(secret)

    @classmethod
    def from_passphrase(cls, passphrase: str, salt_path: Path) -> Self:
        """Derive the key with scrypt; the salt, which is no secret, is drawn and written on the first use."""
        if not passphrase:
            raise InvalidError("An empty passphrase protects nothing.")
        salt = secrets.token_bytes(_SALT_BYTES)
        try:
            write_new(salt_path, f"{_SALT_HEAD}\n{salt.hex()}\n".encode())
        except FileExistsError:
            salt = _read_salt(salt_path)
        secret = hashlib.scrypt(
            passphrase.encode(),
            salt=salt,
            n=_SCRYPT_N,
            r=_SCRYPT_R,
            p=_SCRYPT_P,
            maxmem=_SCRYPT_MEMORY,
            dklen=KEY_BYTES,
        )
        return cls._of(secret)

    def wrap(self, data_key: bytes, uid: Uid) -> bytes:
        """Encrypt a product's key, bound to the product's uid."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return _WRAPPED_HEAD + nonce + AESGCM(self._wrap).encrypt(nonce, data_key, _wrap_context(_WRAPPED_HEAD, uid))

    def unwrap(self, wrapped: bytes, uid: Uid) -> bytes:
        """Decrypt a product's key; raises WrongMasterKeyError when it was wrapped by another or for another."""
        start = len(_WRAPPED_HEAD)
        head, nonce, body = wrapped[:start], wrapped[start : start + NONCE_BYTES], wrapped[start + NONCE_BYTES :]
        try:
            return AESGCM(self._wrap).decrypt(nonce, body, _wrap_context(head, uid))
        except (InvalidTag, ValueError) as error:
            raise WrongMasterKeyError(
                f"The key of product {uid} cannot be opened with this master key.",
                hint="Use the master key or passphrase the product was made with, or restore the key file.",
            ) from error


def _wrap_context(head: bytes, uid: Uid) -> bytes:
    return b"glasshouse/product-key/v1\n" + head + uid.text.encode()


def _read_salt(path: Path) -> bytes:
    try:
        head, text, end = path.read_text("ascii").split("\n")
        salt = bytes.fromhex(text)
    except ValueError as error:
        raise MasterKeyError("This file holds no salt.") from error
    if head != _SALT_HEAD or end or len(salt) != _SALT_BYTES:
        raise MasterKeyError("This file holds no salt.")
    return salt


@dataclass(frozen=True, slots=True)
class ProductKey:
    """A product's data key. It never encrypts itself: everything is sealed under subkeys named by purpose."""

    uid: Uid
    _secret: bytes = field(repr=False)
    _ring: "KeyRing" = field(repr=False, compare=False)

    def sealer(self, purpose: str) -> Sealer:
        """Return what seals and opens values of one purpose; a value sealed for another does not open."""
        label = f"{self.uid}\n{purpose}".encode()
        return Sealer(
            box=AESGCM(derive(self._secret, b"glasshouse/seal/v1\n" + label)),
            tag_key=derive(self._secret, b"glasshouse/tag/v1\n" + label),
            bound=b"glasshouse/sealed/v1\n" + label + b"\n",
        )

    def subkey(self, label: bytes) -> bytes:
        """Derive 32 bytes for one use inside the store."""
        return derive(self._secret, b"glasshouse/store/v1\n" + label)

    def check_alive(self) -> None:
        """Raise KeyDestroyedError once the key was destroyed, though this copy of it still lives in memory."""
        if self._ring.is_destroyed(self.uid):
            raise KeyDestroyedError(f"The key of product {self.uid} was destroyed.")


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The folder of wrapped product keys. A destroyed key leaves a tombstone and its uid is never used again."""

    folder: Path
    master: MasterKey = field(repr=False)

    def create(self, uid: Uid) -> ProductKey:
        """Make a product's key; raises KeyExistsError or KeyDestroyedError when there is or was one."""
        if self.is_destroyed(uid):
            raise KeyDestroyedError(f"The key of product {uid} was destroyed; a product is not made twice.")
        make_folder(self.folder)
        secret = secrets.token_bytes(KEY_BYTES)
        try:
            write_new(self._wrapped(uid), self.master.wrap(secret, uid))
        except FileExistsError as error:
            raise KeyExistsError(f"Product {uid} has a key already.") from error
        return ProductKey(uid, secret, self)

    def open(self, uid: Uid) -> ProductKey:
        """Return a product's key; raises KeyDestroyedError, KeyNotFoundError or WrongMasterKeyError."""
        if self.is_destroyed(uid):
            self._erase(uid)  # a destruction cut short by a crash is finished here
            raise KeyDestroyedError(f"The key of product {uid} was destroyed.")
        try:
            wrapped = self._wrapped(uid).read_bytes()
        except FileNotFoundError as error:
            raise KeyNotFoundError(f"Product {uid} has no key.") from error
        return ProductKey(uid, self.master.unwrap(wrapped, uid), self)

    def destroy(self, uid: Uid) -> None:
        """Destroy a product's key for ever: its sealed source can no longer be read by anybody. May be repeated."""
        if not self.is_destroyed(uid):
            if not self.exists(uid):
                raise KeyNotFoundError(f"Product {uid} has no key.")
            # The tombstone comes first: from here on every reader refuses, whatever happens to this process.
            write_new(self._tombstone(uid), _TOMBSTONE)
        self._erase(uid)

    def exists(self, uid: Uid) -> bool:
        """Say whether the product has a key that was not destroyed."""
        return self._wrapped(uid).exists() and not self.is_destroyed(uid)

    def is_destroyed(self, uid: Uid) -> bool:
        """Say whether the product's key was destroyed."""
        return os.path.exists(f"{self.folder}/{uid}.destroyed")  # noqa: PTH110 - asked at every reading; a Path costs five times this

    def _erase(self, uid: Uid) -> None:
        # The pattern also finds the spare file of a `create` that was killed half way.
        for path in self.folder.glob(f"{uid}.key*"):
            overwrite_and_unlink(path)
        sync_folder(self.folder)

    def _wrapped(self, uid: Uid) -> Path:
        return self.folder / f"{uid}.key"

    def _tombstone(self, uid: Uid) -> Path:
        return self.folder / f"{uid}.destroyed"
