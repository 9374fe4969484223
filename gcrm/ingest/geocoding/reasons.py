"""Why an answer is what it is, in words."""

import pandas as pd

_WORDS = {
    "how": {
        "equal": "street equal",
        "folded": "street equal but for abbreviations",
        "no type": "street without its type",
        "other type": "street of another type",
        "near": "street similar",
        "part": "a part of the street's name",
    },
    "number_state": {
        "exact": "number known",
        "part": "number known without its part of the building",
        "between": "number unknown, between its neighbours",
        "beside": "number unknown, beside one that differs by a letter",
        "absent": "number unknown",
        "unread": "number not read",
        "none": "no number",
    },
    "postcode_state": {"same": "postcode equal", "near": "postcode similar", "other": "another postcode", "none": "no postcode to compare"},
    "place_state": {"same": "place equal", "near": "place similar", "other": "another place", "none": "no place to compare"},
}


def reasons(evidence: pd.DataFrame) -> pd.Series:
    """A short text per answer.

    Args:
        evidence: rank, and those of how, number_state, postcode_state, place_state that there are.
    """
    columns = [name for name in _WORDS if name in evidence]
    states = evidence[columns].assign(other=evidence["rank"] > 0)
    code, known = pd.MultiIndex.from_frame(states).factorize()
    texts = [
        "; ".join([*(_WORDS[name][state] for name, state in zip(columns, each, strict=False)), *(["fields read otherwise"] if each[-1] else [])])
        for each in known
    ]
    return pd.Series([texts[at] for at in code], index=evidence.index, dtype="str")
