"""Names that clouds refuse: found before anything is sent, and replaced in a way that can be undone.

Which characters a cloud refuses is its own affair and stated nowhere (protocol.md §3.2). The rules here are the strictest
common ones, applied to the consumer clouds known to follow them; storages that take any name are not checked.
"""

from __future__ import annotations

__all__ = ["escape", "name_problem", "unescape"]

# Beginnings of the type names (``CloudAPI.name``) of clouds with file systems of their own making.
PARTICULAR = ("115", "123", "189", "aliyun", "baidu", "guangya", "onedrive", "pikpak", "quark", "xunlei")
LONGEST = 255
RESERVED = frozenset({"con", "prn", "aux", "nul", *(f"{device}{n}" for device in ("com", "lpt") for n in range(1, 10))})
# The wide form of each, as other programs use it too; control characters have pictures of their own.
REPLACEMENTS = {character: chr(ord(character) + 0xFEE0) for character in ':?"<>|*\\'}
REPLACEMENTS |= {chr(code): chr(0x2400 + code) for code in range(1, 0x20)}
AT_THE_END = {".": "．", " ": "␠"}
BACK = {new: old for old, new in (REPLACEMENTS | AT_THE_END).items()}
QUOTE = "‛"


def name_problem(name: str, cloud: str | None) -> str | None:
    """Why a cloud will refuse a name, or ``None``.

    Args:
        name: One part of a path.
        cloud: The cloud's type, as :attr:`clouddrive2.Entry.cloud` has it.
    """
    if cloud is None or not cloud.lower().startswith(PARTICULAR):
        return None
    for character in name:
        if character in REPLACEMENTS:
            return f"the cloud ({cloud}) refuses {character!r} in a name"
    if name[-1:] in AT_THE_END:
        return f"the cloud ({cloud}) refuses a name that ends in {name[-1]!r}"
    if name.partition(".")[0].lower() in RESERVED:
        return f"the cloud ({cloud}) reserves the name {name.partition('.')[0]!r}"
    if len(name) > LONGEST:
        return f"the cloud ({cloud}) refuses names of more than {LONGEST} characters; this one has {len(name)}"
    return None


def escape(name: str) -> str:
    """The name with wide letters in place of what clouds refuse; :func:`unescape` gives the name back. Length stays."""
    text = "".join(REPLACEMENTS.get(each) or (QUOTE + each if each in BACK or each == QUOTE else each) for each in name)
    if text[-1:] in AT_THE_END:
        text = text[:-1] + AT_THE_END[text[-1]]
    return QUOTE + text if name.partition(".")[0].lower() in RESERVED else text


def unescape(name: str) -> str:
    """What :func:`escape` was given."""
    letters = iter(name)
    return "".join(next(letters, QUOTE) if each == QUOTE else BACK.get(each, each) for each in letters)
