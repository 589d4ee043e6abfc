"""From a file to settings that were checked."""

from collections.abc import Mapping
from pathlib import Path

from eventline_common.settings.block import Block
from eventline_common.settings.document import read_document
from eventline_common.settings.encryption import require_key
from eventline_common.settings.errors import SettingsError
from eventline_common.settings.tree import Settings, read_settings


def load_settings(path: Path | None, env: Mapping[str, str], *, needs_key: bool = True) -> Settings:
    """Load and check the configuration; without a file, the defaults are checked as well (G-50).

    Raises SettingsError with a sentence for everything that is wrong. A program that decrypts nothing does not need
    the encryption key.
    """
    block = Block(read_document(path, env) if path is not None else {})
    settings = read_settings(block)
    if needs_key:
        require_key(block, settings.encryption_key)
    if block.problems:
        raise SettingsError(block.problems, source=str(path) if path is not None else "")
    return settings
