"""Hides secrets in what programs print, however they are written."""

from eventline_executor.masking.masker import MASK, Masker, mask_text
from eventline_executor.masking.secrets import NO_SECRETS, Secrets, SecretsCache
from eventline_executor.masking.sink import MaskedOutput

__all__ = ["MASK", "NO_SECRETS", "MaskedOutput", "Masker", "Secrets", "SecretsCache", "mask_text"]
