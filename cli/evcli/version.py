"""Which build this is (contract evcli, section 9)."""

from typing import Final

VERSION: Final = "2.0.0"
BUILD_ID: Final = f"v{VERSION}"
