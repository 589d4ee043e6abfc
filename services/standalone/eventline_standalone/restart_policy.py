"""How long to wait before a part that died is started again."""

FIRST_DELAY = 0.5
LONGEST_DELAY = 30.0
GOOD_LIFE = 60.0


def count_failure(failures: int, *, lived: float) -> int:
    """Give the number of failures in a row, this one included; a life of a minute starts the count anew."""
    return 1 if lived >= GOOD_LIFE else failures + 1


def restart_delay(failures: int) -> float:
    """Give the seconds to wait after so many failures in a row: 0.5, 1, 2, 4 … 30."""
    return float(min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(failures - 1, 10)))
