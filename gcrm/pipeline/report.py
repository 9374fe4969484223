"""What became of the records of a file."""

from dataclasses import astuple, dataclass


@dataclass(frozen=True)
class ImportReport:
    """Records of a file (counts); read = created + updated + unchanged + refused + skipped; `warned` are among the stored ones.

    `skipped` only repeat a key of the file, where the mapping takes the first record of a key.
    """

    read: int = 0
    created: int = 0
    updated: int = 0
    refused: int = 0
    warned: int = 0
    skipped: int = 0

    @property
    def unchanged(self) -> int:
        """Records that were there already, the same."""
        return self.read - self.created - self.updated - self.refused - self.skipped

    def __add__(self, other: "ImportReport") -> "ImportReport":
        return ImportReport(*(mine + theirs for mine, theirs in zip(astuple(self), astuple(other), strict=True)))

    def __str__(self) -> str:
        counts = {"read": self.read, "created": self.created, "updated": self.updated, "unchanged": self.unchanged, "refused": self.refused}
        extra = {"warned": self.warned, "passed over": self.skipped}
        parts = [f"{count:,} {name}" for name, count in (counts | {name: count for name, count in extra.items() if count}).items()]
        return f"{parts[0]}: {', '.join(parts[1:])}."
