"""What is wrong with a configuration, all of it at once."""

from collections.abc import Sequence


class SettingsError(Exception):
    """The configuration cannot be used; `sentences` has one sentence for each thing that is wrong."""

    def __init__(self, sentences: Sequence[str], *, source: str = "") -> None:
        self.sentences = tuple(sentences)
        self.source = source
        heading = f"invalid configuration in {source}" if source else "invalid configuration"
        super().__init__("\n".join([f"{heading}:", *(f"  {sentence}" for sentence in self.sentences)]))
