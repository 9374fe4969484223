"""The encoding of a text, by its byte order mark, by the forms that only UTF-8 and UTF-16 have, and by what it spells."""

import codecs
import unicodedata
from pathlib import Path

from gcrm.errors import ReadError
from gcrm.ingest.readers.alphabets import single_byte_encoding
from gcrm.ingest.readers.detection import Finding
from gcrm.ingest.readers.frames import UNDECODED

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE_BYTES = 1 << 18
_BLOCK_BYTES = 1 << 22
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f\x1f"))
_MOST_CONTROLS = {True: 0.3, False: 0.05}
"""The share of control characters up to which something is a text, by whether it is valid UTF-8; of random bytes every ninth is one."""


def usable(encoding: str, name: str) -> str:
    """The encoding, if it is one of text.

    Args:
        encoding: as the user named it.
        name: of the file, for the error.

    Raises:
        ReadError: there is no such encoding.
    """
    try:
        b"a\0\0\0".decode(encoding, UNDECODED)
    except (LookupError, UnicodeError, ValueError) as error:
        raise ReadError(f"{name}: there is no encoding {encoding!r}; name one such as utf-8 or cp1252.") from error
    return encoding


def encoding_of(path: Path) -> Finding[str]:
    """The encoding of a file.

    Looked at are its beginning and the first lines in it that are not ASCII, wherever they stand.

    Raises:
        ReadError: it is no text.
    """
    with path.open("rb") as file:
        head = file.read(_SAMPLE_BYTES)
        found = detect_encoding(head)
        if found.confidence == 1.0:
            return found
        if _is_binary(head) and not found.value.startswith("utf-16"):
            raise ReadError(f"{path.name} is not text, nor a file of another kind that is read; save it again as CSV, XLSX or Parquet.")
        if not head.isascii():
            return found
        while block := file.read(_BLOCK_BYTES):
            if not block.isascii():
                block += file.readline(_SAMPLE_BYTES)
                lines = [line for line in block.splitlines(keepends=True) if not line.isascii()]
                return detect_encoding(b"".join(lines)[: _SAMPLE_BYTES * 4])
    return found


def _is_binary(head: bytes) -> bool:
    controls = len(head) - len(head.translate(None, _CONTROLS))
    return controls > _MOST_CONTROLS[detect_encoding(head).value == "utf-8"] * len(head)


def detect_encoding(sample: bytes) -> Finding[str]:
    """The encoding of the first bytes of a file.

    Args:
        sample: the bytes; a character cut by their end does no harm.
    """
    for mark, name in _MARKS:
        if sample.startswith(mark):
            return Finding(name, 1.0)
    if sample.isascii() and b"\0" not in sample:
        return Finding("utf-8", 0.9)
    wide = _utf_16(sample)
    if wide:
        return Finding(wide, 0.95)
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return _not_utf_8(sample)
    return Finding("utf-8", 0.99)


def _utf_16(sample: bytes) -> str | None:
    """UTF-16 without a mark: its delimiters and line ends put NUL on one side of every pair."""
    nuls = sample.count(0)
    even = sample[::2].count(0)
    if nuls < 2 or min(even, nuls - even) > nuls // 4:  # noqa: PLR2004 - a line end and a delimiter
        return None
    name = "utf-16-be" if even * 2 > nuls else "utf-16-le"
    text = sample[: len(sample) // 2 * 2].decode(name, errors="replace")
    odd = sum(1 for sign in text if unicodedata.category(sign) in {"Cn", "Co", "Cs"} or (sign < " " and sign not in "\t\r\n"))
    return name if odd <= len(text) // 100 and any(sign in text for sign in "\n\r,;\t|") else None


def _not_utf_8(sample: bytes) -> Finding[str]:
    lines = [line for line in sample.splitlines() if not line.isascii()]
    whole = [line for line in lines if _decodes(line, "utf-8")]
    if len(whole) * 2 > len(lines):
        return Finding("utf-8", len(whole) / len(lines))  # the other lines are refused as records
    return _east_asian(lines) or single_byte_encoding(b"\n".join(lines))


def _decodes(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _east_asian(lines: list[bytes]) -> Finding[str] | None:
    """Korean, Japanese or Chinese, where most lines decode and what they spell is nearly all of that script's everyday signs."""
    for encoding, share_of in (("cp932", _japanese), ("cp949", _hangul), ("euc_jp", _japanese_with_kana), ("gb18030", _chinese), ("big5", _chinese_big5)):
        decoded = [line.decode(encoding) for line in lines if _decodes(line, encoding)]
        if len(decoded) * 2 <= len(lines):
            continue
        signs = [sign for line in decoded for sign in line if sign > "\x7f"]
        share = share_of(signs) if signs else 0.0
        if share >= 0.85:  # noqa: PLR2004 - of the signs; text of another encoding spells rare signs for a good part
            return Finding(encoding, round(min(0.95, share * len(decoded) / len(lines)), 2))
    return None


def _hangul(signs: list[str]) -> float:
    return sum(_encoded_between(sign, "euc_kr", 0xB0, 0xC8) or _is_wide_mark(sign) for sign in signs) / len(signs)


def _japanese(signs: list[str]) -> float:
    return sum("\u3041" <= sign <= "\u30ff" or _encoded_between(sign, "euc_jp", 0xB0, 0xCF) or _is_wide_mark(sign) for sign in signs) / len(signs)


def _japanese_with_kana(signs: list[str]) -> float:
    """As above, where kana are among them: without them EUC-JP looks like GB 2312."""
    kana = sum("\u3041" <= sign <= "\u30ff" for sign in signs)
    return _japanese(signs) if kana * 50 >= len(signs) else 0.0


def _is_wide_mark(sign: str) -> bool:
    return "\u3000" <= sign <= "\u303f" or "\uff01" <= sign <= "\uff5e"


def _chinese(signs: list[str]) -> float:
    return sum(_encoded_between(sign, "gb2312", 0xB0, 0xD7) or sign in "，。、；：（）“”《》·－—　" for sign in signs) / len(signs)  # noqa: RUF001 - Chinese marks


def _chinese_big5(signs: list[str]) -> float:
    return sum(_encoded_between(sign, "big5", 0xA4, 0xC6) or sign in "，。、；：（）「」《》　" for sign in signs) / len(signs)  # noqa: RUF001 - Chinese marks


def _encoded_between(sign: str, encoding: str, low: int, high: int) -> bool:
    """Whether the first of two bytes of a sign lies in the rows that a standard keeps for everyday signs."""
    code = sign.encode(encoding, errors="ignore")
    return len(code) == 2 and low <= code[0] <= high  # noqa: PLR2004 - two bytes
