"""The files below the data directory of `eventline up`, and who may read them."""

import base64
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from eventline_standalone.errors import DataDirectoryError

KEY_BYTES = 32


@dataclass(frozen=True)
class DataDirectory:
    """Names of everything that `eventline up` keeps."""

    path: Path

    @property
    def configuration(self) -> Path:
        """Give the configuration file that is written at each start (mode 0600: it holds passwords and the key)."""
        return self.path / "eventline.yaml"

    @property
    def encryption_key(self) -> Path:
        """Give the file with the encryption key in Base64 (mode 0600)."""
        return self.path / "encryption_key"

    @property
    def state(self) -> Path:
        """Give the file in which the supervisor says what runs."""
        return self.path / "state.json"

    @property
    def postgresql(self) -> Path:
        """Give the folder of the embedded PostgreSQL."""
        return self.path / "postgresql"

    @property
    def nats(self) -> Path:
        """Give the folder of the embedded NATS."""
        return self.path / "nats"

    @property
    def executions(self) -> Path:
        """Give the folder in which programs of the local runner run."""
        return self.path / "execution"

    def log(self, part: str) -> Path:
        """Give the log file of a service."""
        return self.path / "logs" / f"{part}.log"

    def create(self) -> None:
        """Make the directory if it is missing; others may pass through (the servers' user must), not list it."""
        try:
            self.path.mkdir(mode=0o711, parents=True, exist_ok=True)
        except OSError as error:
            raise DataDirectoryError(f"cannot make the data directory {self.path}: {error.strerror}") from error
        if not os.access(self.path, os.W_OK | os.X_OK):
            raise DataDirectoryError(f"cannot write to the data directory {self.path}: choose another one")

    def read_or_make_key(self) -> str:
        """Give the encryption key; made on the first start only, never when there are data that need an older one."""
        with suppress(FileNotFoundError):
            self.encryption_key.chmod(0o600)
            return self.encryption_key.read_text().strip()
        if (self.postgresql / "cluster").exists():
            raise DataDirectoryError(
                f"the encryption key {self.encryption_key} is missing although there are data that it protects; "
                "put the file back, or choose another data directory"
            )
        key = base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
        write_private(self.encryption_key, key + "\n")
        return key


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner reads; readers see the old or the new one, never half."""
    unfinished = path.with_name(path.name + ".new")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    unfinished.replace(path)
