"""Charts of shares: bars with their track, of which a click chooses one, and shares over time."""

import altair as alt
import pandas as pd

from dashboards.charts import PICKED
from dashboards.theme import Look

_BAR, _ROW, _LABELS = 13, 25, 110
_AXIS = 34


def height(rows: int) -> int:
    """Of a chart of so many bars, pixels."""
    return rows * _ROW + 12


def bars(frame: pd.DataFrame, look: Look, selected: str | None) -> alt.LayerChart:
    """Shares as bars before a track of the whole, in the order of the rows.

    Args:
        frame: columns picked (what a click chooses), label, share (percent), text (what stands at the end).
        look: the theme.
        selected: the chosen one, of `picked`.
    """
    chosen = frame["picked"] == selected
    drawn = frame.assign(whole=100.0, chosen=chosen, words=frame["text"].where(~chosen, frame["text"] + " ◂"))
    base = alt.Chart(drawn).encode(
        y=alt.Y("label:N", title=None, sort=None, axis=alt.Axis(labelLimit=_LABELS, minExtent=_LABELS, ticks=False, domain=False, grid=False, labelPadding=8)),
    )
    scale = alt.Scale(domain=[0, 128], nice=False)
    track = (
        base.mark_bar(size=_BAR, cursor="pointer", cornerRadius=2)
        .encode(
            x=alt.X("whole:Q", title=None, axis=None, scale=scale),
            color=alt.value(look.border),
            tooltip=[alt.Tooltip("label:N", title="What"), alt.Tooltip("text:N", title="Accounts")],
        )
        .add_params(alt.selection_point(name=PICKED, fields=["picked"]))
    )
    filled = base.mark_bar(size=_BAR, cornerRadius=2).encode(x=alt.X("share:Q", axis=None, scale=scale), color=alt.value(look.accent))
    words = base.mark_text(align="left", dx=6, fontSize=12.5).encode(
        x=alt.X("whole:Q", axis=None, scale=scale), text="words:N", color=alt.condition("datum.chosen", alt.value(look.accent), alt.value(look.muted))
    )
    chart: alt.LayerChart = alt.layer(track, filled, words).configure_view(stroke=None)
    return chart


def imports(frame: pd.DataFrame, look: Look) -> alt.Chart:
    """Shares of refused and of warned records, import by import, the oldest at the left.

    Args:
        frame: columns number (of the import), file, finished_at, kind, share (percent), records.
        look: the theme.
    """
    chart: alt.Chart = (
        alt.Chart(frame)
        .mark_bar(cornerRadiusEnd=2)
        .encode(
            x=alt.X("number:O", title="Import", sort=None, axis=alt.Axis(labelAngle=0, labelOverlap=True, ticks=False, domainColor=look.border)),
            xOffset=alt.XOffset("kind:N", sort=None),
            y=alt.Y("share:Q", title=None, axis=_percent(), scale=alt.Scale(domainMin=0, domainMax=max(float(frame["share"].max()) * 1.05, 1.0))),
            color=alt.Color("kind:N", title=None, sort=None, scale=alt.Scale(range=["#d55e00", "#e69f00"]), legend=_legend()),
            tooltip=[
                alt.Tooltip("file:N", title="File"), alt.Tooltip("finished_at:T", title="Imported", format="%d %b %Y, %H:%M"), alt.Tooltip("kind:N", title=" "),
                alt.Tooltip("records:N", title="Records"), alt.Tooltip("share:Q", title="Share, %", format=".1f"),
            ],
        )
    )  # fmt: skip
    return chart


def months(frame: pd.DataFrame, look: Look) -> alt.LayerChart | alt.FacetChart:
    """Shares by month of creation as lines.

    Args:
        frame: columns month (timestamp), series, share (percent), accounts.
        look: the theme.
    """
    base = alt.Chart(frame).encode(
        x=alt.X("yearmonth(month):T", title=None, axis=alt.Axis(format="%b %Y", labelOverlap=True, grid=False, tickCount=6)),
        y=alt.Y("share:Q", title=None, axis=_percent(), scale=alt.Scale(domain=[0, 100])),
        color=alt.Color("series:N", title=None, sort=None, scale=alt.Scale(range=[look.accent, "#d55e00"]), legend=_legend()),
        tooltip=[
            alt.Tooltip("yearmonth(month):T", title="Created", format="%b %Y"), alt.Tooltip("series:N", title=" "),
            alt.Tooltip("share:Q", title="Complete, %", format=".1f"), alt.Tooltip("accounts:Q", title="Accounts", format=","),
        ],
    )  # fmt: skip
    return alt.layer(base.mark_line(strokeWidth=2), base.mark_circle(size=45, opacity=1))


def _percent() -> alt.Axis:
    return alt.Axis(labelExpr="datum.value + ' %'", tickCount=5, minExtent=_AXIS)


def _legend() -> alt.Legend:
    return alt.Legend(orient="bottom", direction="horizontal", labelLimit=200, symbolSize=60, padding=0, offset=12)
