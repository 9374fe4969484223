"""The look of the pages: one accent colour, a light and a dark theme, the colours of the map, and the styles that Streamlit has no option for."""

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

_HERE = Path(__file__).parent

_ACCENT_LIGHT, _ACCENT_DARK = "#0f766e", "#2bb3a3"

# ColorBrewer YlGnBu with nine steps (Harrower and Brewer 2003): told apart with every kind of colour blindness, and in grey.
_SEQUENCE = ("#ffffd9", "#edf8b1", "#c7e9b4", "#7fcdbb", "#41b6c4", "#1d91c0", "#225ea8", "#253494", "#081d58")

# ColorBrewer BrBG with seven steps, for what goes down and up; its middle is the paper, light or dark.
_DOWN, _UP = ("#8c510a", "#bf812d", "#dfc27d"), ("#80cdc1", "#35978f", "#01665e")
_DOWN_ON_DARK, _UP_ON_DARK = ("#f6c667", "#bf812d", "#7d5317"), ("#1f6b64", "#35978f", "#8ee0d3")

# Okabe and Ito (2008), for members that have no order; the fourth is darkened and the black left out, so that both themes can show them.
CATEGORIES = ("#0f9d8a", "#e69f00", "#56a9e9", "#d55e00", "#a78bfa", "#cc79a7", "#7a8b2f", "#8a6f5a", "#3b6fb5", "#b0b7b5")


@dataclass(frozen=True)
class Look:
    """The colours of a theme, as hexadecimal text."""

    dark: bool
    paper: str
    water: str
    green: str
    building: str
    roads: tuple[str, ...]
    street: str
    main_street: str
    casing: str
    path: str
    building_edge: str
    label: str
    district_label: str
    water_label: str
    green_label: str
    none: str
    outline: str
    text: str
    muted: str
    surface: str
    border: str
    accent: str

    def palette(self, classes: int) -> list[str]:
        """The colours of so many classes, those of the lowest values first: nearest to the paper."""
        low, high = (0.10, 0.92) if not self.dark else (0.80, 0.03)
        steps = [low + (high - low) * number / max(classes - 1, 1) for number in range(classes)]
        return [_mixed(step) for step in steps]

    def diverging(self, below: int, above: int, *, middle: bool) -> list[str]:
        """The colours of up to three classes below zero, that of zero where there is one, and those of up to three above, the lowest values first."""
        down, up = (_DOWN_ON_DARK, _UP_ON_DARK) if self.dark else (_DOWN, _UP)
        return [*_spread(down, below), *([self.none] if middle else []), *reversed(_spread(up[::-1], above))]


LIGHT = Look(
    dark=False, paper="#f4f3ef", water="#c9dfe9", green="#dbe8d0", building="#e3dfd6", roads=("#9c8f74", "#ab9f86", "#b8ae98", "#c3bba8", "#d0c9ba"),
    street="#ffffff", main_street="#fff8e6", casing="#d3ccbd", path="#cfc8b8", building_edge="#d3cdc1",
    label="#6b665c", district_label="#57534a", water_label="#5b87a0", green_label="#6d8a5c",
    none="#9aa3a1", outline="#111827", text="#1b2624", muted="#5f6d6a", surface="#ffffff", border="#dfe5e3", accent=_ACCENT_LIGHT,
)  # fmt: skip

DARK = Look(
    dark=True, paper="#12191a", water="#17303c", green="#172a20", building="#20292b", roads=("#7b8885", "#6a7774", "#5a6664", "#4c5755", "#3b4644"),
    street="#2c3739", main_street="#3a4648", casing="#0c1213", path="#2c3739", building_edge="#293335",
    label="#93a19e", district_label="#a9b6b3", water_label="#5d8aa0", green_label="#5f8066",
    none="#5c6866", outline="#ffffff", text="#e5edeb", muted="#94a3a0", surface="#172021", border="#2a3635", accent=_ACCENT_DARK,
)  # fmt: skip


def look() -> Look:
    """The theme that the reader's browser shows."""
    return DARK if st.context.theme.type == "dark" else LIGHT


def rgb(colour: str, alpha: int = 255) -> list[int]:
    """A colour as deck.gl takes it: red, green, blue, alpha; each 0 to 255."""
    return [*(int(colour[start : start + 2], 16) for start in (1, 3, 5)), alpha]


def _spread(colours: tuple[str, ...], classes: int) -> list[str]:
    """So many of the colours, the first of them first."""
    return [colours[round(number * (len(colours) - 1) / max(classes - 1, 1))] for number in range(classes)]


def _mixed(step: float) -> str:
    """The colour at a place of the sequence, 0 to 1."""
    place = step * (len(_SEQUENCE) - 1)
    below = min(int(place), len(_SEQUENCE) - 2)
    share = place - below
    pair = zip(rgb(_SEQUENCE[below])[:3], rgb(_SEQUENCE[below + 1])[:3], strict=True)
    return "#" + "".join(f"{round(first + (second - first) * share):02x}" for first, second in pair)


def options() -> dict[str, object]:
    """The theme as Streamlit's options; without `theme.base` it follows the reader's system."""
    shared = {
        "baseRadius": "medium", "buttonRadius": "medium", "showWidgetBorder": True, "showSidebarBorder": True, "baseFontSize": 15,
        "headingFontSizes": ["1.6rem", "1.3rem", "1.1rem", "1rem", "0.9rem", "0.85rem"], "headingFontWeights": [650, 650, 600, 600, 600, 600],
        "metricValueFontSize": "1.55rem", "paddingTop": "0.6rem", "paddingBottom": "2rem",
        "chartCategoricalColors": list(CATEGORIES), "chartSequentialColors": [*_SEQUENCE, _SEQUENCE[-1]],
    }  # fmt: skip
    light = {
        "primaryColor": LIGHT.accent, "backgroundColor": "#ffffff", "secondaryBackgroundColor": "#f3f6f5", "textColor": LIGHT.text,
        "borderColor": LIGHT.border, "linkColor": LIGHT.accent, "sidebar.backgroundColor": "#f7f9f8", "sidebar.secondaryBackgroundColor": "#ffffff",
    }  # fmt: skip
    dark = {
        "primaryColor": "#14a394", "backgroundColor": "#0e1415", "secondaryBackgroundColor": "#1a2324", "textColor": DARK.text,
        "borderColor": DARK.border, "linkColor": DARK.accent, "sidebar.backgroundColor": "#121a1b", "sidebar.secondaryBackgroundColor": "#1d2728",
    }  # fmt: skip
    return {
        **{f"theme.{name}": value for name, value in shared.items()},
        **{f"theme.light.{name}": value for name, value in light.items()},
        **{f"theme.dark.{name}": value for name, value in dark.items()},
    }


def styles() -> str:
    """The styles for which Streamlit has no option."""
    seen = look()
    names = {
        "paper": seen.paper,
        "label": seen.label,
        "text": seen.text,
        "muted": seen.muted,
        "surface": seen.surface,
        "line": seen.border,
        "accent": seen.accent,
    }
    variables = "".join(f"--gcrm-{name}:{colour};" for name, colour in names.items())
    return f"<style>:root{{{variables}}}{(_HERE / 'assets/styles.css').read_text(encoding='utf-8')}</style>"
